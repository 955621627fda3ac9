/// `tessera train`: fits a Fourier neural operator to a data set.

#include <fmt/format.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>

#include <CLI/App.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "commands.hpp"
#include "history.hpp"
#include "run_config.hpp"
#include "tessera/core/error.hpp"
#include "tessera/core/progress.hpp"
#include "tessera/core/threads.hpp"
#include "tessera/io/dataset_source.hpp"
#include "tessera/io/model_checkpoint.hpp"
#include "trained_model.hpp"
#include "training_input.hpp"

namespace tessera::cli {

namespace {

struct TrainOptions {
  RunConfig config;
  Settings settings;
  bool resume = false;
};

std::string checkpoint_of(const std::filesystem::path& folder) { return (folder / "checkpoint.h5").string(); }

/// One training run, from data set to checkpoints.
template <RealScalar T>
class TrainingRun {
 public:
  TrainingRun(const TrainOptions& options, const World& world)
      : options_(options),
        world_(world),
        folder_(options.config.output),
        input_(options.config, world),
        train_set_(input_.open(options.config.train_file)) {
    if (!options.config.valid_file.empty()) valid_set_.emplace(input_.open(options.config.valid_file));
  }

  int run() {
    describe_model();
    const Partition partition(world_, partition_for(options_.config, description_.model, world_->size()));
    Fno<T> model(description_.model, partition, options_.config.seed);
    require_schedule(model);
    // Nothing is written before the configuration has proved sound.
    prepare_folder();
    announce(partition);
    const DatasetSource source(train_set_);
    if (!options_.resume) fit(source, partition);
    Trainer<T> trainer(model, source, description_.normalisers, description_.training);
    if (options_.resume) load_training_state(checkpoint(), model, trainer);
    train(model, trainer);
    for (const std::string& line : input_.summary()) report(line);
    report(fmt::format("Checkpoints: {} (last epoch), {} (best)", checkpoint(), best_checkpoint()));
    if (log_) fmt::print("Next: tessera evaluate --checkpoint {} --test FILE.h5\n", best_checkpoint());
    return 0;
  }

 private:
  std::string checkpoint() const { return checkpoint_of(folder_); }
  std::string best_checkpoint() const { return (folder_ / "best.h5").string(); }
  bool speaks() const { return world_->rank() == 0; }

  void prepare_folder() {
    world_->together([&] {
      if (!speaks()) return;
      std::error_code failure;
      std::filesystem::create_directories(folder_, failure);
      if (failure) throw IoError(fmt::format("{}: cannot be created ({})", folder_.string(), failure.message()));
      if (!options_.resume) {
        set_earlier_run_aside();
        write_config();
      }
      // The log of a resumed run goes on where the first one ended.
      const auto sink =
          std::make_shared<spdlog::sinks::basic_file_sink_mt>((folder_ / "run.log").string(), !options_.resume);
      log_.emplace("run", sink);
      log_->flush_on(spdlog::level::info);
    });
  }

  /// A new run in the folder of an earlier one must not cost what that one has learned.
  void set_earlier_run_aside() {
    if (!std::filesystem::exists(checkpoint())) return;
    Index number = 1;
    const auto folder = [&] { return folder_ / fmt::format("previous-{}", number); };
    while (std::filesystem::exists(folder())) ++number;
    std::filesystem::create_directory(folder());
    for (const char* name : {"checkpoint.h5", "best.h5", "history.csv", "run.log", "config.toml"}) {
      if (std::filesystem::exists(folder_ / name)) std::filesystem::rename(folder_ / name, folder() / name);
    }
    fmt::print("{} held an earlier run; it is now in {}\n", folder_.string(), folder().string());
  }

  void write_config() const {
    const auto path = folder_ / "config.toml";
    std::ofstream file(path);
    file << options_.settings.to_toml() << std::flush;
    if (!file) throw IoError(fmt::format("{}: cannot be written", path.string()));
  }

  /// A line for whoever watches and, with its time, for the run's log. Rank 0 alone.
  void report(const std::string& line) {
    if (!log_) return;
    fmt::print("{}\n", line);
    log_->info(line);
  }

  /// A new run is described by its configuration, a resumed one by its checkpoint, but for the length of the run.
  void describe_model() {
    if (options_.resume) {
      description_ = read_model_description(checkpoint(), world_);
      adopt_run_choices(options_.settings, options_.config, description_.model);
      description_.training.learning_rate.epochs = options_.config.training.learning_rate.epochs;
      return;
    }
    description_.model = model_for(options_.config, train_set_.input_shape(), train_set_.output_shape());
    description_.training = options_.config.training;
    description_.axis_names = train_set_.axis_names();
    description_.grid_spacing = train_set_.grid_spacing();
  }

  void announce(const Partition& partition) {
    const FnoConfig& model = description_.model;
    report(fmt::format("Data:   {} training samples, {} -> {}{}", train_set_.sample_count(),
                       to_string(train_set_.input_shape()), to_string(train_set_.output_shape()),
                       valid_set_ ? fmt::format(", {} validation samples", valid_set_->sample_count()) : ""));
    if (const auto line = input_.announcement()) report(*line);
    report(fmt::format("Model:  Fno, modes {}, width {}, {} blocks, {} parameters; activations {}{}{}",
                       to_string(model.modes), model.width, model.blocks, parameter_count(model),
                       activations_name(model.activations),
                       model.activation_type == ActivationType::bfloat16 ? " as bfloat16" : "",
                       model.activations == Activations::none ? ": samples are read tile by tile" : ""));
    report(fmt::format("Ranks:  {} as {} (batch, channel, grid axes){}", world_->size(), to_string(partition),
                       options_.config.partition.empty() ? ", chosen; --partition sets it" : ""));
    report(fmt::format("        {} thread{} each{}", thread_count(), thread_count() == 1 ? "" : "s",
                       options_.config.threads == 0 ? ", chosen; --threads sets it" : ""));
    report(fmt::format("Device: {}", describe_device(*world_)));
  }

  void fit(const SampleSource& source, const Partition& partition) {
    if (options_.config.normalise == Normalisation::none) {
      description_.normalisers = {Normaliser::identity(description_.model.in_channels),
                                  Normaliser::identity(description_.model.out_channels)};
      return;
    }
    ProgressBar bar("normalisers", source.sample_count(), speaks());
    description_.normalisers = fit_normalisers(source, partition, [&](double done) { bar.update(done); });
  }

  void train(Fno<T>& model, Trainer<T>& trainer) {
    const Index epochs = description_.training.learning_rate.epochs;
    std::optional<History> history;
    world_->together([&] {
      if (speaks()) history.emplace((folder_ / "history.csv").string(), trainer.epochs_done());
    });
    if (trainer.epochs_done() >= epochs) {
      report(fmt::format("Nothing to do: {} of {} epochs are done; --epochs sets a longer run", trainer.epochs_done(),
                         epochs));
    }
    const Index first = trainer.epochs_done();
    const auto samples = static_cast<double>(train_set_.sample_count());
    ProgressBar bar("training", (epochs - first) * train_set_.sample_count(), speaks());
    std::string last_line;
    while (trainer.epochs_done() < epochs) {
      const double before = static_cast<double>(trainer.epochs_done() - first) * samples;
      const std::string title = fmt::format("epoch {}/{}", trainer.epochs_done() + 1, epochs);
      const EpochRecord record = trainer.run_epoch([&](const StepReport& step) {
        const std::string loss = std::isnan(step.mean_loss) ? "" : fmt::format("  loss {:.4f}", step.mean_loss);
        bar.update(before + step.samples_done, title + loss + last_line);
      });
      input_.add(record);
      const std::optional<Metrics> valid = validate(model, [&](double share) {
        bar.update(before + samples, fmt::format("{}  validation {:.0f} %", title, 100.0 * share));
      });
      last_line = (valid ? fmt::format("  R2 {:.4f}", valid->r2) : "") +
                  fmt::format("  {:.1f} samples/s", record.samples_per_second);
      world_->together([&] {
        if (!history) return;
        history->add(record, valid);
        log_->info("epoch {}: loss {:.6f}{}, learning rate {:.3e}, {:.1f} s", record.epoch, record.train_loss,
                   valid ? fmt::format(", validation R2 {:.5f}", valid->r2) : "", record.learning_rate, record.seconds);
      });
      save(model, trainer, record, valid);
    }
    bar.finish(last_line);
  }

  std::optional<Metrics> validate(Fno<T>& model, const std::function<void(double)>& progress) const {
    if (!valid_set_) return std::nullopt;
    const auto samples = static_cast<double>(valid_set_->sample_count());
    return evaluate(model, description_.normalisers, DatasetSource(*valid_set_), description_.training.batch_size,
                    [&](double done) { progress(done / samples); });
  }

  void save(Fno<T>& model, Trainer<T>& trainer, const EpochRecord& record, const std::optional<Metrics>& valid) {
    const bool last = record.epoch == description_.training.learning_rate.epochs;
    const double score = valid ? valid->relative_l2 : record.train_loss;
    const bool due = last || record.epoch % options_.config.checkpoint_every == 0;
    if (!due) return;
    const bool best = score < description_.best_score;
    if (best) description_.best_score = score;
    save_checkpoint(checkpoint(), description_, model, trainer);
    if (best) save_checkpoint(best_checkpoint(), description_, model, trainer);
  }

  const TrainOptions& options_;
  World world_;
  std::filesystem::path folder_;
  TrainingInput input_;
  Dataset train_set_;
  std::optional<Dataset> valid_set_;
  ModelDescription description_;
  std::optional<spdlog::logger> log_;  ///< on rank 0
};

/// A resumed run keeps the precision it began with.
bool trains_in_single_precision(const TrainOptions& options, const World& world) {
  if (options.resume) return is_single_precision(checkpoint_of(options.config.output), world);
  return options.config.precision == Precision::float32;
}

int run_train(const TrainOptions& options, const World& program) {
  if (options.config.train_file.empty()) {
    throw ConfigError("train: expected a data set, for example --train data/train.h5; found none");
  }
  const World world = set_up_ranks(options.config, program);
  return trains_in_single_precision(options, world) ? TrainingRun<float>(options, world).run()
                                                    : TrainingRun<double>(options, world).run();
}

}  // namespace

void add_train_command(CLI::App& program, Job& job) {
  const auto options = std::make_shared<TrainOptions>();
  add_run_settings(options->settings, options->config);
  CLI::App& command = *program.add_subcommand("train", "Train a Fourier neural operator on a data set");
  options->settings.add_options(
      command, {"run", "data.train", "data.valid", "data.cache", "data.cache_limit", "model", "training"});
  command.add_flag(
      "--resume", options->resume,
      "Go on from OUTPUT/checkpoint.h5, on any number of ranks; model and schedule are the checkpoint's, but "
      "activations may change");
  command.footer(
      "Writes checkpoint.h5, best.h5, history.csv, run.log and config.toml to the output folder.\n"
      "Example:\n  mpirun -n 2 tessera train --train data/train.h5 --valid data/valid.h5 --output run --epochs 50");
  command.callback([options, &job] {
    job = [options](const World& world) {
      options->settings.resolve(*world);
      options->config.complete();
      return run_train(*options, world);
    };
  });
}

}  // namespace tessera::cli
