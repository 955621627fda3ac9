#pragma once

/// \file
/// The commands of the `tessera` program. Each lives in <command>_command.cpp:
///
///   namespace {
///   struct TrainOptions {            // what the command line can set
///     RunConfig config;
///     Settings settings;
///     bool resume = false;
///   };
///   int run_train(const TrainOptions& options, const World& world) { ... }    // collective; the exit code
///   }
///
///   void add_train_command(CLI::App& program, Job& job) {
///     const auto options = std::make_shared<TrainOptions>();
///     add_run_settings(options->settings, options->config);
///     CLI::App& command = *program.add_subcommand("train", "one line");
///     options->settings.add_options(command, {"run", "data.train", "data.valid", "model", "training"});
///     command.add_flag("--resume", options->resume, "one line");
///     command.footer("Example:\n  mpirun -n 2 tessera train run.toml --epochs 50");
///     command.callback([options, &job] {
///       job = [options](const World& world) {
///         options->settings.resolve(*world);
///         options->config.complete();
///         return run_train(*options, world);
///       };
///     });
///   }
///
/// and is listed in main.cpp. Parsing has no effect but to choose the job, so that every rank parses alike and a wrong
/// command line ends the program before anything has begun.

#include <functional>
#include <memory>

#include "tessera/comm/communicator.hpp"

namespace CLI {
class App;
}

namespace tessera::cli {

using World = std::shared_ptr<const Communicator>;

/// What the command line asked for: run on every rank, returns the exit code (the same on all).
using Job = std::function<int(const World&)>;

void add_generate_command(CLI::App& program, Job& job);
void add_train_command(CLI::App& program, Job& job);
void add_predict_command(CLI::App& program, Job& job);
void add_evaluate_command(CLI::App& program, Job& job);
void add_plan_command(CLI::App& program, Job& job);
void add_plot_command(CLI::App& program, Job& job);
void add_verify_command(CLI::App& program, Job& job);
void add_batch_command(CLI::App& program, Job& job);

}  // namespace tessera::cli
