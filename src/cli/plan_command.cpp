/// `tessera plan`: what a model on a partition costs each rank, before anything is allocated.

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "probe.hpp"
#include "run_config.hpp"
#include "tessera/core/error.hpp"
#include "tessera/models/choose_partition.hpp"
#include "tessera/models/cost.hpp"

namespace tessera::cli {

namespace {

struct PlanOptions {
  RunConfig config;
  Settings settings;
  Index ranks = 0;
  bool json = false;
  bool probe = false;
};

void add_plan_settings(Settings& settings, PlanOptions& options) {
  add_run_settings(settings, options.config);
  FnoConfig& model = options.config.model;
  settings.add("plan", "grid", model.grid, "cells per grid axis, time last, for example 24,16,16,12",
               each(at_least(1)));
  settings.add("plan", "in_channels", model.in_channels, "channels of the input", at_least(1));
  settings.add("plan", "out_channels", model.out_channels, "channels of the output", at_least(1));
  settings.add("plan", "in_steps", model.in_steps, "time steps of the input; 0: as many as the output", at_least(0));
  settings.add("plan", "ranks", options.ranks, "ranks to choose a partition for where --partition does not say",
               at_least(0));
}

Index real_bytes(const PlanOptions& options) { return options.config.precision == Precision::float64 ? 8 : 4; }

FnoConfig planned_model(const PlanOptions& options) {
  FnoConfig model = options.config.model;
  if (model.grid.empty())
    throw ConfigError("plan: expected the cells per grid axis, for example --grid 24,16,16,12; found none");
  if (model.modes.empty()) model.modes = default_modes(model.grid);
  model.validate();
  return model;
}

Shape planned_partition(const PlanOptions& options, const FnoConfig& model, int world_size) {
  const Shape& wanted = options.config.partition;
  if (wanted.empty()) {
    return choose_partition(options.ranks > 0 ? options.ranks : world_size, model, options.config.training.batch_size);
  }
  if (wanted.size() != model.grid.size() + 2) {
    throw ConfigError(
        fmt::format("plan: expected a partition of {} entries (batch, channel and {} grid axes), found {}",
                    model.grid.size() + 2, model.grid.size(), to_string(wanted)));
  }
  if (options.ranks > 0 && volume(wanted) != options.ranks) {
    throw ConfigError(fmt::format("plan: expected a partition of --ranks {} ranks, found {}, which has {}",
                                  options.ranks, to_string(wanted), volume(wanted)));
  }
  return wanted;
}

/// One quantity over all ranks; `key` is its name in JSON.
struct Row {
  const char* name;
  const char* key;
  bool bytes;
  Index least = 0, most = 0, sum = 0;
};

std::vector<Row> cost_rows(const FnoCost& cost) {
  std::vector<Row> rows{{"sent in a forward pass", "forward_bytes", true},
                        {"messages in a forward pass", "forward_messages", false},
                        {"sent in a training step", "step_bytes", true},
                        {"messages in a training step", "step_messages", false},
                        {"parameters", "parameter_bytes", true},
                        {"gradients", "gradient_bytes", true},
                        {"Adam moments", "moment_bytes", true},
                        {"copies of shared weights", "weight_copy_bytes", true},
                        {"activations", "activation_bytes", true},
                        {"memory in all", "memory_bytes", true}};
  if (cost.on_cuda()) rows.push_back({"of which by passes", "working_bytes", true});
  for (Index position = 0; position < cost.ranks().size(); ++position) {
    const Traffic forward = cost.forward_traffic(position);
    const Traffic step = cost.training_traffic(position);
    const RankMemory memory = cost.memory(position);
    const Index values[] = {forward.bytes,      forward.messages, step.bytes,     step.messages,
                            memory.parameters,  memory.gradients, memory.moments, memory.weight_copies,
                            memory.activations, memory.total(),   memory.working};
    for (std::size_t i = 0; i < rows.size(); ++i) {
      rows[i].least = position == 0 ? values[i] : std::min(rows[i].least, values[i]);
      rows[i].most = std::max(rows[i].most, values[i]);
      rows[i].sum += values[i];
    }
  }
  return rows;
}

/// The ways to schedule the transform of a block, with what the busiest rank sends in its forward pass.
struct ScheduleRow {
  std::string name;
  Traffic busiest;
  bool chosen;
};

std::vector<ScheduleRow> schedule_rows(const PlanOptions& options, const FnoConfig& model, const FnoCost& cost) {
  std::vector<ScheduleRow> rows;
  const SpectralGrid& spectral = cost.transform().spectral;
  const Index batch = options.config.training.batch_size;
  for (const ScheduleOption& option : schedule_options(batch, model.width, spectral, cost.ranks(), model.schedule)) {
    rows.push_back({option.name, option.plan.busiest_traffic(real_bytes(options)), option.chosen});
  }
  return rows;
}

std::string format_amount(Index amount, bool bytes) {
  if (!bytes) return std::to_string(amount);
  static constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  auto scaled = static_cast<double>(amount);
  std::size_t unit = 0;
  for (; scaled >= 1024 && unit + 1 < std::size(kUnits); ++unit) scaled /= 1024;
  return unit == 0 ? fmt::format("{} B", amount) : fmt::format("{:.1f} {}", scaled, kUnits[unit]);
}

void print_schedules(const std::vector<ScheduleRow>& rows) {
  if (rows.empty()) return;
  const std::string title = "Schedules of a block, forward";
  std::size_t width = title.size();
  for (const ScheduleRow& row : rows) width = std::max(width, row.name.size());
  fmt::print("\n  {:<{}}{:>14}{:>14}\n", title, width, "sent", "messages");
  for (const ScheduleRow& row : rows) {
    fmt::print("{} {:<{}}{:>14}{:>14}\n", row.chosen ? '*' : ' ', row.name, width,
               format_amount(row.busiest.bytes, true), row.busiest.messages);
  }
  fmt::print(
      "By the busiest rank; * is the one taken. Schedule automatic takes the least bytes + {} per message, weighed\n"
      "for one sample per rank of the batch axis, {} channels, float32.\n",
      kBytesPerMessage, kWeighedChannels);
}

void print_table(const PlanOptions& options, const FnoConfig& model, const FnoCost& cost) {
  const Index batch = options.config.training.batch_size;
  fmt::print("Fno {} -> {}, modes {}, width {}, {} blocks: {} parameters\n", to_string(model.input_shape(batch)),
             to_string(model.output_shape(batch)), to_string(model.modes), model.width, model.blocks,
             parameter_count(model));
  fmt::print("Partition {}: {} ranks, schedule {}\n\n", to_string(cost.ranks()), cost.ranks().size(),
             schedule_name(model.schedule));
  fmt::print("Transform of a block (the inverse takes the same steps backwards)\n");
  const std::string steps = cost.transform().describe();
  for (std::size_t start = 0; start < steps.size();) {
    const std::size_t end = steps.find('\n', start);
    fmt::print("  {}\n", steps.substr(start, end - start));
    start = end + 1;
  }
  print_schedules(schedule_rows(options, model, cost));
  fmt::print("\n{:<28}{:>14}{:>14}{:>14}\n", "Per rank", "least", "most", "all ranks");
  for (const Row& row : cost_rows(cost)) {
    fmt::print("{:<28}{:>14}{:>14}{:>14}\n", row.name, format_amount(row.least, row.bytes),
               format_amount(row.most, row.bytes), format_amount(row.sum, row.bytes));
  }
  fmt::print(
      "\nSent: by the spectral convolutions of all blocks. Memory: during a training step, on the CPU without working "
      "memory.\n");
}

void print_json(const PlanOptions& options, const FnoConfig& model, const FnoCost& cost) {
  nlohmann::ordered_json json;
  json["ranks"] = cost.ranks().size();
  json["partition"] = cost.ranks().extents();
  json["schedule"] = schedule_name(model.schedule);
  json["batch"] = options.config.training.batch_size;
  json["grid"] = model.grid;
  json["modes"] = model.modes;
  json["parameter_count"] = parameter_count(model);
  json["steps"] = nlohmann::ordered_json::array();
  for (const TransformStep& step : cost.transform().steps) {
    nlohmann::ordered_json entry;
    const bool transforms = step.kind == TransformStep::Kind::transform;
    entry["kind"] = transforms ? "transform" : "repartition";
    if (transforms) entry["grid_axis"] = step.axis;
    if (transforms) entry["partial_sums"] = step.partial;
    entry["shape_before"] = step.shape_before;
    entry["shape_after"] = step.shape_after;
    entry["ranks_before"] = step.before.extents();
    entry["ranks_after"] = step.after.extents();
    json["steps"].push_back(entry);
  }
  json["schedules"] = nlohmann::ordered_json::array();
  for (const ScheduleRow& row : schedule_rows(options, model, cost)) {
    json["schedules"].push_back({{"name", row.name},
                                 {"chosen", row.chosen},
                                 {"forward_bytes", row.busiest.bytes},
                                 {"forward_messages", row.busiest.messages}});
  }
  for (const Row& row : cost_rows(cost)) {
    json["per_rank"][row.key] = {{"least", row.least}, {"most", row.most}, {"all_ranks", row.sum}};
  }
  fmt::print("{}\n", json.dump(2));
}

int run_plan(const PlanOptions& options, const World& world) {
  const FnoConfig model = planned_model(options);
  const RankGrid ranks(planned_partition(options, model, world->size()));
  const bool on_cuda = options.config.device == DeviceKind::cuda;
  const FnoCost cost(model, options.config.training.batch_size, ranks, real_bytes(options), on_cuda);
  if (world->rank() == 0) (options.json ? print_json : print_table)(options, model, cost);
  return 0;
}

}  // namespace

void add_plan_command(CLI::App& program, Job& job) {
  const auto options = std::make_shared<PlanOptions>();
  add_plan_settings(options->settings, *options);
  CLI::App& command =
      *program.add_subcommand("plan", "Print what a model on a partition costs each rank in bytes sent and held");
  options->settings.add_options(
      command, {"plan", "model", "run.partition", "run.precision", "run.device", "training.batch_size"});
  CLI::Option* json = command.add_flag("--json", options->json, "Print one JSON object instead of a table");
  command
      .add_flag("--probe", options->probe,
                "Print the devices of every rank and how data in their memory would travel, and nothing else")
      ->excludes(json);
  command.footer(
      "Nothing is allocated and no mpirun is needed: --partition or --ranks say how many ranks to plan for.\n"
      "Example:\n  tessera plan --grid 64,64,64,30 --in-steps 1 --modes 8,8,8,8 --ranks 8\n"
      "What is there to compute on, as mpirun places the ranks:\n  mpirun -n 2 tessera plan --probe");
  command.callback([options, &job] {
    job = [options](const World& world) {
      options->settings.resolve(*world);
      return options->probe ? run_probe(world) : run_plan(*options, world);
    };
  });
}

}  // namespace tessera::cli
