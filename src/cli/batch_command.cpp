/// `tessera batch status|cancel|resume|report DIR`: batches of tasks in their folders.

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <algorithm>
#include <set>

#include "command_line.hpp"
#include "commands.hpp"
#include "settings.hpp"
#include "tessera/batch/batch.hpp"
#include "tessera/batch/cost.hpp"
#include "tessera/core/progress.hpp"

namespace tessera::cli {

namespace {

struct BatchOptions {
  Settings settings;
  std::string folder;
  std::string currency = "$";
  batch::MachinePrice price;
  bool whole_machines = false;
  double training_hours = 0.0, training_price = 0.0;
  double inference_seconds = 0.0, inference_price = 0.0;
};

constexpr Index kMostFailures = 10;

void print_status(const std::string& folder) {
  const batch::BatchStatus status = batch::batch_status(folder);
  fmt::print("{}: {} tasks: {} done, {} failed, {} running, {} waiting\n", folder, status.tasks, status.done,
             status.failed, status.running, status.waiting);
  fmt::print("driver: {}{}\n", status.driver.empty() ? "none" : status.driver, status.cancelled ? " (cancelled)" : "");
  if (!status.jobs.empty()) fmt::print("jobs: {}\n", status.jobs);
  Index shown = 0;
  for (const auto& [task, message] : status.failures) {
    if (shown++ == kMostFailures) {
      fmt::print("  ... and {} more\n", static_cast<Index>(status.failures.size()) - kMostFailures);
      break;
    }
    fmt::print("  task {}: {}\n", task, message);
  }
  if (status.done < status.tasks && status.driver.empty()) fmt::print("Next: tessera batch resume {}\n", folder);
}

int run_status(const BatchOptions& options, const World& world) {
  world->together([&] {
    if (world->rank() == 0) print_status(options.folder);
  });
  return 0;
}

int run_cancel(const BatchOptions& options, const World& world) {
  world->together([&] {
    if (world->rank() != 0) return;
    batch::cancel_batch(options.folder);
    fmt::print("Cancelled; `tessera batch resume {}` goes on with it.\n", options.folder);
  });
  return 0;
}

int run_resume(const BatchOptions& options, const World& world) {
  Index failed = 0;
  world->together([&] {
    if (world->size() > 1) {
      throw ConfigError("batch resume: expected one process, found " + std::to_string(world->size()) +
                        " ranks; batches of an MPI program are resumed by that program");
    }
    batch::Batch run = batch::Batch::reopen(options.folder, nullptr, world);
    const Index tasks = static_cast<Index>(run.resume().size());
    ProgressBar bar("tasks", tasks, true);
    failed = run.wait_all([&](Index done, Index failures) {
      bar.update(done + failures, failures > 0 ? fmt::format("{} failed", failures) : "");
    });
    bar.finish(fmt::format("{} done, {} failed", tasks - failed, failed));
  });
  return failed == 0 ? 0 : kExitFailure;
}

/// "min 1.0 s, median 2.0 s, max 3.0 s, sum 6.0 s"
std::string spread(std::vector<double> values, double unit, const char* name) {
  std::sort(values.begin(), values.end());
  const double middle = values[values.size() / 2];
  return fmt::format("min {:.3g} {}, median {:.3g} {}, max {:.3g} {}", values.front() / unit, name, middle / unit, name,
                     values.back() / unit, name);
}

template <class Member>
std::vector<double> all_of(const std::vector<batch::TaskUse>& uses, Member member) {
  std::vector<double> values;
  for (const batch::TaskUse& use : uses) values.push_back(static_cast<double>(use.*member));
  return values;
}

double sum(const std::vector<double>& values) {
  double total = 0.0;
  for (const double value : values) total += value;
  return total;
}

void print_cost(const BatchOptions& options, const std::vector<batch::TaskUse>& uses) {
  const batch::DataCost cost = batch::data_cost(uses, options.price, options.whole_machines);
  const std::string& currency = options.currency;
  fmt::print("machines:     {:.4g} hours of {} cores\n", cost.machine_hours, options.price.cores);
  if (options.price.on_demand == 0.0 && options.price.spot == 0.0) {
    fmt::print("cost:         name the price of a machine-hour (--on-demand, --spot, --cores, or a file of them)\n");
    return;
  }
  const auto tasks = static_cast<double>(uses.size());
  fmt::print("cost:         {}{:.2f} on demand, {}{:.2f} spot; a task {}{:.4g}, {}{:.4g}\n", currency, cost.on_demand,
             currency, cost.spot, currency, cost.on_demand / tasks, currency, cost.spot / tasks);
  if (options.training_hours == 0.0 && options.inference_seconds == 0.0) return;
  const double training = options.training_hours * options.training_price;
  const double inference = options.inference_seconds / 3600.0 * options.inference_price;
  fmt::print("training:     {}{:.2f}; one inference {}{:.3g}\n", currency, training, currency, inference);
  for (const auto& [name, data] : {std::pair("on demand", cost.on_demand), std::pair("spot", cost.spot)}) {
    const auto runs = batch::break_even({data, training, data / tasks, inference});
    fmt::print("break-even:   {} ({})\n",
               runs ? fmt::format("the surrogate has paid for itself after {} simulations", *runs)
                    : std::string("never: an inference costs as much as a simulation"),
               name);
  }
}

int run_report(const BatchOptions& options, const World& world) {
  world->together([&] {
    if (world->rank() != 0) return;
    const std::vector<batch::TaskUse> uses = batch::batch_use(options.folder);
    const batch::BatchStatus status = batch::batch_status(options.folder);
    fmt::print("{}: {} of {} tasks done, {} failed\n", options.folder, status.done, status.tasks, status.failed);
    if (uses.empty()) return;
    const std::vector<double> wall = all_of(uses, &batch::TaskUse::wall_seconds);
    const std::vector<double> cpu = all_of(uses, &batch::TaskUse::cpu_seconds);
    std::set<std::string> hosts;
    for (const batch::TaskUse& use : uses) hosts.insert(use.host);
    fmt::print("wall time:    {}; sum {}\n", spread(wall, 1.0, "s"), format_duration(sum(wall)));
    fmt::print("CPU time:     {}; sum {}\n", spread(cpu, 1.0, "s"), format_duration(sum(cpu)));
    fmt::print("peak memory:  {}\n", spread(all_of(uses, &batch::TaskUse::peak_memory), 1 << 20, "MiB"));
    fmt::print("hosts:        {}\n", hosts.size());
    print_cost(options, uses);
  });
  return 0;
}

CLI::App& add_action(CLI::App& group, const std::string& name, const std::string& help,
                     const std::shared_ptr<BatchOptions>& options, Job& job,
                     int (*run)(const BatchOptions&, const World&)) {
  CLI::App& command = *group.add_subcommand(name, help);
  command.add_option("folder", options->folder, "Folder of the batch")->required()->type_name("DIR");
  command.callback([options, &job, run] {
    job = [options, run](const World& world) {
      options->settings.resolve(*world);
      return run(*options, world);
    };
  });
  return command;
}

void add_price_settings(Settings& settings, BatchOptions& options) {
  settings.add("machine", "on_demand", options.price.on_demand, "price of a machine-hour", at_least(0));
  settings.add("machine", "spot", options.price.spot, "price of an hour of a machine that may be taken away",
               at_least(0));
  settings.add("machine", "cores", options.price.cores, "cores of a machine", at_least(1));
  settings.add("machine", "whole_machines", options.whole_machines, "tasks do not share machines");
  settings.add("machine", "currency", options.currency, "sign put before prices");
  settings.add("training", "training_hours", options.training_hours, "hours of training the surrogate", at_least(0));
  settings.add("training", "training_price", options.training_price, "price of such an hour", at_least(0));
  settings.add("inference", "inference_seconds", options.inference_seconds, "seconds of one prediction", at_least(0));
  settings.add("inference", "inference_price", options.inference_price, "price of an hour of predictions", at_least(0));
}

}  // namespace

void add_batch_command(CLI::App& program, Job& job) {
  const auto options = std::make_shared<BatchOptions>();
  add_price_settings(options->settings, *options);
  CLI::App& group = *program.add_subcommand("batch", "Look at, cancel, resume and account for batches of tasks");
  group.require_subcommand(1);
  add_action(group, "status", "How many tasks are done, and what the others said", options, job, run_status);
  add_action(group, "cancel", "End the tasks of a batch", options, job, run_cancel);
  add_action(group, "resume", "Run what has no result yet, with the engine the batch was made with", options, job,
             run_resume);
  CLI::App& report = add_action(group, "report", "Time and memory of the tasks, their cost, and when a surrogate pays",
                                options, job, run_report);
  options->settings.add_options(report, {"machine", "training", "inference"});
  report.footer(
      "Prices may stand in a TOML file with sections [machine], [training] and [inference].\n"
      "Example:\n  tessera batch report data/batch --on-demand 0.504 --spot 0.098 --cores 8 --training-hours 4 "
      "--training-price 27 --inference-seconds 0.3 --inference-price 27");
}

}  // namespace tessera::cli
