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
    throw ConfigError(fmt::format("--samples: {} holds samples 0 to {}, found {}", dataset.path(),
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

/// Writes tile after tile of one sample: the arrays [sample, channel, grid...] are never in memory as a whole. The file
/// gets its name when it is whole.
class PredictionFile {
 public:
  PredictionFile(const std::string& path, const World& world, Index samples, const ModelDescription& description,
                 const Dataset& dataset)
      : path_(path), file_(Hdf5File::create(path + ".tmp", world)) {
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
    file_.begin_data();
  }

  template <class T>
  void write(const std::string& name, Index sample, const DistTensor<T>& tensor) {
    Box box = tensor.box();
    tensor.communicator().together([&] {
      if (box.empty()) return;
      box.start[0] += sample;
      file_.write_hyperslab(name, box, tensor.data());
    });
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
};

template <RealScalar T>
int run_predict(const PredictOptions& options, const World& world) {
  TrainedModel<T> trained = load_trained_model<T>(options.checkpoint, options.config, world);
  Fno<T>& model = *trained.model;
  const Dataset dataset(options.config.test_file, world);
  const auto samples = chosen_samples(options, dataset);
  make_parent_folder(options.predictions, world);
  PredictionFile file(options.predictions, world, static_cast<Index>(samples.size()), trained.description, dataset);
  ProgressBar bar("predict", static_cast<Index>(samples.size()), world->rank() == 0);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    DistTensor<T> input(model.input_space(1));
    DistTensor<T> truth(model.output_space(1));
    dataset.read_inputs(std::span(&samples[i], 1), input);
    dataset.read_outputs(std::span(&samples[i], 1), truth);
    const auto row = static_cast<Index>(i);
    file.write("input", row, input);
    file.write("truth", row, truth);
    file.write("prediction", row, predict(model, trained.description.normalisers, std::move(input)));
    bar.update(row + 1);
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
  settings.add_options(command, {"predict", "data.test", "run.output", "run.partition"});
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
