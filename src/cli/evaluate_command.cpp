/// `tessera evaluate`: how good a trained model is on held-out samples.

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "run_config.hpp"
#include "tessera/core/error.hpp"
#include "tessera/core/progress.hpp"
#include "tessera/io/dataset_source.hpp"
#include "trained_model.hpp"

namespace tessera::cli {

namespace {

struct EvaluateOptions {
  RunConfig config;
  Settings settings;
  std::string checkpoint;
  std::string results;
};

struct SplitMetrics {
  std::string split, file;
  Metrics metrics;
};

std::string results_table(const std::vector<SplitMetrics>& rows) {
  std::string text = fmt::format("{:<12}{:>8}{:>14}{:>14}{:>14}{:>10}{:>14}\n", "split", "samples", "MSE", "MAE",
                                 "max error", "R2", "relative L2");
  for (const SplitMetrics& row : rows) {
    const Metrics& m = row.metrics;
    text += fmt::format("{:<12}{:>8}{:>14.4e}{:>14.4e}{:>14.4e}{:>10.4f}{:>14.4f}\n", row.split, m.samples, m.mse,
                        m.mae, m.max_error, m.r2, m.relative_l2);
  }
  return text;
}

nlohmann::ordered_json results_json(const EvaluateOptions& options, const std::vector<SplitMetrics>& rows) {
  nlohmann::ordered_json json{{"checkpoint", options.checkpoint}, {"splits", nlohmann::ordered_json::object()}};
  for (const SplitMetrics& row : rows) {
    const Metrics& m = row.metrics;
    json["splits"][row.split] = {
        {"file", row.file}, {"samples", m.samples},        {"mse", m.mse}, {"mae", m.mae}, {"max_error", m.max_error},
        {"r2", m.r2},       {"relative_l2", m.relative_l2}};
  }
  return json;
}

void write_text(const std::filesystem::path& path, const std::string& text) {
  std::error_code failure;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), failure);
  std::ofstream file(path);
  file << text << std::flush;
  if (failure || !file) throw IoError(fmt::format("{}: cannot be written", path.string()));
}

template <RealScalar T>
int run_evaluate(const EvaluateOptions& options, const World& program) {
  const World world = set_up_ranks(options.config, program);
  TrainedModel<T> trained = load_trained_model<T>(options.checkpoint, options.settings, options.config, world);
  std::vector<SplitMetrics> rows;
  const auto add = [&](const char* split, const std::string& file) {
    if (file.empty()) return;
    const Dataset dataset(file, world);
    ProgressBar bar(fmt::format("evaluate {}", split), dataset.sample_count(), world->rank() == 0);
    rows.push_back({split, file,
                    evaluate(*trained.model, trained.description.normalisers, DatasetSource(dataset),
                             options.config.training.batch_size, [&](double done) { bar.update(done); })});
  };
  add("train", options.config.train_file);
  add("valid", options.config.valid_file);
  add("test", options.config.test_file);
  if (rows.empty()) throw ConfigError("evaluate: expected a data set, for example --test data/test.h5; found none");
  world->together([&] {
    if (world->rank() != 0) return;
    const std::string table = results_table(rows);
    write_text(options.results + ".txt", table);
    write_text(options.results + ".json", results_json(options, rows).dump(2) + "\n");
    fmt::print("{}\nWritten to {}.txt and {}.json\n", table, options.results, options.results);
  });
  return 0;
}

}  // namespace

void add_evaluate_command(CLI::App& program, Job& job) {
  const auto options = std::make_shared<EvaluateOptions>();
  Settings& settings = options->settings;
  add_run_settings(settings, options->config);
  settings.add("evaluate", "checkpoint", options->checkpoint, "trained model; empty: OUTPUT/best.h5");
  settings.add("evaluate", "results", options->results,
               "where the table goes, .txt and .json are appended; empty: OUTPUT/results");
  CLI::App& command = *program.add_subcommand(
      "evaluate", "Print and write a model's errors on data sets: MSE, MAE, max, R2, relative L2");
  settings.add_options(command, {"evaluate", "data", "run.output", "run.partition", "run.threads", "run.device",
                                 "run.backend", "model.activations", "model.products", "training.batch_size"});
  command.footer("Example:\n  mpirun -n 2 tessera evaluate --checkpoint run/best.h5 --test data/test.h5");
  command.callback([options, &job] {
    job = [options](const World& world) {
      options->settings.resolve(*world);
      RunConfig& config = options->config;
      if (options->checkpoint.empty()) options->checkpoint = config.output + "/best.h5";
      if (options->results.empty()) options->results = config.output + "/results";
      return is_single_precision(options->checkpoint, world) ? run_evaluate<float>(*options, world)
                                                             : run_evaluate<double>(*options, world);
    };
  });
}

}  // namespace tessera::cli
