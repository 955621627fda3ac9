/// `tessera predict`: writes a trained model's outputs beside the truth.

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <filesystem>
#include <numeric>

#include "commands.hpp"
#include "run_config.hpp"
#include "tessera/core/error.hpp"
#include "tessera/core/progress.hpp"
#include "tessera/io/dataset.hpp"
#include "tessera/io/hdf5_file.hpp"
#include "tessera/tensor/host_values.hpp"
#include "tessera/training/slabs.hpp"
#include "trained_model.hpp"

namespace tessera::cli {

namespace {

struct PredictOptions {
  RunConfig config;
  Settings settings;
  std::string checkpoint;
  std::string predictions;
  Shape samples;
};

std::vector<Index> chosen_samples(const PredictOptions& options, const Dataset& dataset) {
  if (options.samples.empty()) {
    std::vector<Index> all(static_cast<std::size_t>(dataset.sample_count()));
    std::iota(all.begin(), all.end(), Index{0});
    return all;
  }
  for (const Index sample : options.samples) {
    if (sample >= 0 && sample < dataset.sample_count()) continue;
    throw ConfigError(fmt::format("--samples: {} holds samples 0 to {}, found {}", dataset.label(),
                                  dataset.sample_count() - 1, sample));
  }
  return options.samples;
}

/// Makes the folder of a file to be written. Collective.
void make_parent_folder(const std::filesystem::path& path, const World& world) {
  world->together([&] {
    if (world->rank() != 0 || !path.has_parent_path()) return;
    std::error_code failure;
    std::filesystem::create_directories(path.parent_path(), failure);
    if (failure)
      throw IoError(fmt::format("{}: cannot be created ({})", path.parent_path().string(), failure.message()));
  });
}

/// One sample of an array of a file, as a field [1, channel, grid...].
template <RealScalar T>
class SampleWriter final : public FieldWriter<T> {
 public:
  SampleWriter(Hdf5File& file, std::string name, Index sample, Shape shape)
      : file_(file), name_(std::move(name)), sample_(sample), shape_(std::move(shape)) {}

  const Shape& shape() const override { return shape_; }

  void write(const Box& box, const T* values) override {
    if (box.empty()) return;
    Box place = box;
    place.start[0] += sample_;
    file_.write_hyperslab(name_, place, values);
  }

 private:
  Hdf5File& file_;
  std::string name_;
  Index sample_;
  Shape shape_;
};

/// The arrays input, truth and prediction, [sample, channel, grid...], none of which is ever in memory as a whole. The
/// file gets its name when it is whole.
class PredictionFile {
 public:
  PredictionFile(const std::string& path, const World& world, Index samples, const ModelDescription& description,
                 const Dataset& dataset)
      : path_(path), file_(Hdf5File::create(path + ".tmp", world)), copies_(world, {1, 1, world->size()}) {
    const auto with_samples = [&](Shape shape) {
      shape.front() = samples;
      return shape;
    };
    file_.create_dataset<float>("input", with_samples(description.model.input_shape(1)));
    file_.create_dataset<float>("truth", with_samples(description.model.output_shape(1)));
    file_.create_dataset<float>("prediction", with_samples(description.model.output_shape(1)));
    const auto& names = dataset.axis_names().empty() ? description.axis_names : dataset.axis_names();
    const auto& spacing = dataset.grid_spacing().empty() ? description.grid_spacing : dataset.grid_spacing();
    if (!names.empty()) file_.write_attribute("axis_names", names);
    if (!spacing.empty()) file_.write_attribute("grid_spacing", spacing);
    const DatasetLayout& layout = dataset.layout();
    if (!layout.grid_origin.empty()) file_.write_attribute("grid_origin", layout.grid_origin);
    if (!layout.axis_units.empty()) file_.write_attribute("axis_units", layout.axis_units);
    file_.begin_data();
  }

  /// Copies a field, each rank its share of the planes, slab by slab. Collective.
  void copy(const std::string& name, Index sample, const FieldReader<float>& field) {
    auto to = writer<float>(name, sample, field.shape());
    file_.communicator().together([&] {
      Buffer<float> values;
      for (const Box& slab : slabs(copies_.tile(field.shape()))) {
        values.require(slab.volume());
        field.read(slab, values.data());
        to.write(slab, values.data());
      }
    });
  }

  /// Where a prediction goes; errors of writing are this rank's own.
  template <RealScalar T>
  SampleWriter<T> writer(const std::string& name, Index sample, const Shape& shape) {
    return {file_, name, sample, shape};
  }

  void close() {
    file_.close();
    file_.communicator().together([&] {
      if (file_.communicator().rank() != 0) return;
      std::error_code failure;
      std::filesystem::rename(path_ + ".tmp", path_, failure);
      if (failure) throw IoError(fmt::format("{}: cannot be written ({})", path_, failure.message()));
    });
  }

 private:
  std::string path_;
  Hdf5File file_;
  Partition copies_;
};

/// Predicts one sample: box by box where the model streams, else as a tensor.
template <RealScalar T>
void predict_sample(TrainedModel<T>& trained, const Dataset& dataset, Index sample, FieldWriter<T>& output) {
  Fno<T>& model = *trained.model;
  const std::span<const Index> one(&sample, 1);
  if (streams(model)) {
    predict(model, trained.description.normalisers, 1, *dataset.input_field<T>(one), output);
    return;
  }
  DistTensor<T> input(model.input_space(1));
  dataset.read_inputs(one, input);
  const DistTensor<T> prediction = predict(model, trained.description.normalisers, std::move(input));
  model.partition().communicator()->together(
      [&] { output.write(prediction.box(), HostInput<T>(prediction.local()).data()); });
}

template <RealScalar T>
int run_predict(const PredictOptions& options, const World& program) {
  const World world = set_up_ranks(options.config, program);
  TrainedModel<T> trained = load_trained_model<T>(options.checkpoint, options.settings, options.config, world);
  const Dataset dataset(options.config.test_file, world);
  const auto samples = chosen_samples(options, dataset);
  make_parent_folder(options.predictions, world);
  PredictionFile file(options.predictions, world, static_cast<Index>(samples.size()), trained.description, dataset);
  ProgressBar bar("predict", static_cast<Index>(samples.size()), world->rank() == 0);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const auto row = static_cast<Index>(i);
    const ProgressScope<T> progress(*trained.model, [&](double part) { bar.update(static_cast<double>(i) + part); });
    const auto input = dataset.input_field<float>(std::span(&samples[i], 1));
    const auto truth = dataset.output_field<float>(std::span(&samples[i], 1));
    file.copy("input", row, *input);
    file.copy("truth", row, *truth);
    auto prediction = file.writer<T>("prediction", row, truth->shape());
    predict_sample(trained, dataset, samples[i], prediction);
    bar.update(i + 1);
  }
  file.close();
  bar.finish();
  if (world->rank() == 0) {
    fmt::print("{} predictions written to {}\nNext: tessera plot --predictions {}\n", samples.size(),
               options.predictions, options.predictions);
  }
  return 0;
}

}  // namespace

void add_predict_command(CLI::App& program, Job& job) {
  const auto options = std::make_shared<PredictOptions>();
  Settings& settings = options->settings;
  add_run_settings(settings, options->config);
  settings.add("predict", "checkpoint", options->checkpoint, "trained model; empty: OUTPUT/best.h5");
  settings.add("predict", "predictions", options->predictions, "HDF5 file to write; empty: OUTPUT/predictions.h5");
  settings.add("predict", "samples", options->samples, "samples to predict, for example 0,5; empty: all",
               each(at_least(0)));
  CLI::App& command =
      *program.add_subcommand("predict", "Write a trained model's predictions for the samples of a data set");
  settings.add_options(command, {"predict", "data.test", "run.output", "run.partition", "run.threads", "run.device",
                                 "run.backend", "model.activations", "model.products"});
  command.footer(
      "The file holds input, truth and prediction, each [sample, channel, grid...].\n"
      "Example:\n  mpirun -n 2 tessera predict --checkpoint run/best.h5 --test data/test.h5");
  command.callback([options, &job] {
    job = [options](const World& world) {
      options->settings.resolve(*world);
      RunConfig& config = options->config;
      if (config.test_file.empty())
        throw ConfigError("predict: expected a data set, for example --test data/test.h5; found none");
      if (options->checkpoint.empty()) options->checkpoint = config.output + "/best.h5";
      if (options->predictions.empty()) options->predictions = config.output + "/predictions.h5";
      return is_single_precision(options->checkpoint, world) ? run_predict<float>(*options, world)
                                                             : run_predict<double>(*options, world);
    };
  });
}

}  // namespace tessera::cli
