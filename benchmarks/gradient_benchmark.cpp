/// \file
/// The whole gradient of a 4D (or other) Fourier neural operator: time and memory in the three activation modes, over
/// sizes, side by side with dfno and with PyTorch, and the largest grid that fits.

#include <algorithm>
#include <cstdio>

#include "gradient_case.hpp"
#include "gradient_rivals.hpp"
#include "harness.hpp"
#include "tessera/comm/mpi_environment.hpp"
#include "tessera/core/progress.hpp"
#include "tessera/core/threads.hpp"

namespace {

using namespace tessera;
using Settings = bench::GradientSettings;

bench::Fields fields_of(const FnoConfig& config, const bench::Options& options, const bench::GradientRun& run,
                        const Shape& partition) {
  return {{"grid", config.grid},
          {"modes", config.modes},
          {"width", config.width},
          {"blocks", config.blocks},
          {"hidden", config.hidden},
          {"batch", options.batch},
          {"activations", run.activations},
          {"activation_type", run.activation_type},
          {"products", run.products},
          {"partition", partition},
          {"threads", Index{thread_count()}},
          {"output_values", volume(config.output_shape(options.batch))}};
}

/// One of the programs to compare with.
bench::Contender contender(const std::string& name, const std::shared_ptr<bench::Rival>& rival) {
  return {name, [rival] { rival->compute(); },
          {},   {},
          0.0,  [name, rival](double) {
            return bench::Fields{{name + "_peak_bytes", rival->peak_bytes()}}; }};
}

std::vector<bench::Contender> rivals(bench::Case& current, const bench::Harness& harness, const Settings& settings,
                                     const bench::Options& options, const Shape& partition, const std::string& pass) {
  std::vector<bench::Contender> found;
  const bench::World& world = harness.world();
  if (!settings.dfno.empty()) {
    const auto command = bench::dfno_command(settings, options, partition, world->size());
    found.push_back(contender("dfno", std::make_shared<bench::Rival>(world, command)));
  }
  for (const std::string& variant : settings.torch ? settings.torch_variants : std::vector<std::string>()) {
    const auto rival = std::make_shared<bench::Rival>(world, bench::torch_command(settings, options, pass, variant));
    const std::string name = "torch-" + variant, state = rival->state();
    current.note({{name, state}});
    if (state.starts_with("ready")) found.push_back(contender(name, rival));
  }
  return found;
}

bool measure(bench::Harness& harness, const Settings& settings, const Shape& grid, const bench::GradientRun& run,
             const std::string& name) {
  bench::Options options = harness.options();
  options.grid = grid;
  const FnoConfig config = bench::model_of(options, settings, run);
  const Shape extents = bench::partition_for(options, harness.world()->size());
  // In device memory fields of the input and the output are small beside what a pass works with.
  const bool automatic = config.activations == Activations::none && options.device == "cpu";
  const bool formulas = settings.fields == "formula" || (settings.fields == "automatic" && automatic);
  return harness.run(name, fields_of(config, options, run, extents), [&](bench::Case& current) {
    bench::GradientCase problem(config, Partition(harness.world(), extents), options.batch,
                                loss_from_name(settings.loss), formulas);
    ProgressBar bar(name, 100, settings.progress && harness.world()->rank() == 0);
    if (settings.progress) problem.model().set_progress([&](double fraction) { bar.update(100 * fraction); });
    std::vector<bench::Contender> contenders = rivals(current, harness, settings, options, extents, run.pass);
    if (contenders.empty()) {
      current.time([&] { problem.run(run.pass); });
      return;
    }
    contenders.insert(contenders.begin(), {"tessera", [&] { problem.run(run.pass); }});
    current.compare(contenders);
  });
}

/// Doubles the last space axis until a pass does not fit, halves the step from there on, and measures what fitted: the
/// last record, of name "largest/...".
void find_largest(bench::Harness& harness, const Settings& settings, const bench::GradientRun& run) {
  constexpr Index kFineness = 32;  // the answer is exact to a share of this
  Shape grid = harness.options().grid;
  const std::size_t axis = std::max<std::size_t>(grid.size(), 2) - 2;
  const std::string name = "largest/" + run.name();
  const auto fits = [&](Index extent) {
    grid[axis] = extent;
    return measure(harness, settings, grid, run, name + "/attempt");
  };
  Index fitting = grid[axis];
  if (!fits(fitting)) return;
  Index refused = settings.largest + 1;
  for (Index extent = 2 * fitting; extent < refused; extent *= 2) {
    if (fits(extent)) {
      fitting = extent;
    } else {
      refused = extent;
    }
  }
  while (refused - fitting > std::max<Index>(1, fitting / kFineness)) {
    const Index extent = fitting + (refused - fitting) / 2;
    (fits(extent) ? fitting : refused) = extent;
  }
  // Once more by that name; what has just fitted may not do so in memory that is in other pieces now.
  for (grid[axis] = fitting; grid[axis] >= harness.options().grid[axis];) {
    if (measure(harness, settings, grid, run, name)) return;
    grid[axis] -= std::max<Index>(1, fitting / kFineness);
  }
}

std::vector<Shape> grids_of(const Settings& settings, const bench::Options& options) {
  std::vector<Shape> grids;
  for (const Index size : settings.sizes) {
    Shape grid(options.grid.size(), size);
    grid.back() = options.grid.back();
    grids.push_back(grid);
  }
  if (grids.empty()) grids.push_back(options.grid);
  return grids;
}

void add_options(bench::CommandLine& line, Settings& settings) {
  line.add("--activations", settings.activations, "what is kept for the backward pass", {"all", "one", "none"});
  line.add("--activation-types", settings.activation_types, "in which type that is kept; bfloat16: on devices",
           {"float32", "bfloat16"});
  line.add("--products", settings.products, "how channels are multiplied; by tensor cores: on devices",
           {"full", "tensor_float32"});
  line.add("--passes", settings.passes,
           "what is timed: a prediction; forward, loss and backward; the same and a step of Adam",
           {"forward", "gradient", "step"});
  line.add("--sizes", settings.sizes, "cells of every space axis, one case each; time stays the grid's last");
  line.add("--largest", settings.largest,
           "find the largest grid that fits, by the last space axis, up to this many cells of it, one pass each; one "
           "rank only (on the CPU: with --memory-limit)");
  line.add("--fields", settings.fields,
           "input and target: in memory, or computed where they are read; automatic: a formula with none on the CPU",
           {"automatic", "memory", "formula"});
  line.add("--schedule", settings.schedule, "how distributed axes are transformed",
           {"automatic", "exchange", "partial_sums", "grady", "witte"});
  line.add("--loss", settings.loss, "training loss", {"relative_l2", "mse"});
  line.add("--in-steps", settings.in_steps, "time steps of the input, lifted to the grid's; 0: no lift");
  line.add("--threads", settings.threads, "threads per rank; 0: OMP_NUM_THREADS, or 1");
  line.add("--progress", settings.progress, "show how far a gradient is");
  line.add("--compare-dfno", settings.dfno, "folder with checkouts dfno and distdl, timed in turns with this");
  line.add("--compare-torch", settings.torch,
           "time the same network in PyTorch on the same kind of device in turns with this; one rank only");
  line.add("--torch-variants", settings.torch_variants,
           "which PyTorch: eager or torch.compile, in float32 or with products by tensor cores (tf32, bf16 autocast)",
           bench::torch_variants());
  line.add("--python", settings.python, "the Python that has torch (and mpi4py for dfno), for comparisons");
}

void check(const Settings& settings, int ranks) {
  if (ranks > 1 && (settings.torch || settings.largest > 0)) {
    throw ConfigError("expected one rank for --compare-torch and --largest, found " + std::to_string(ranks));
  }
  if (!settings.dfno.empty() && settings.passes != std::vector<std::string>{"gradient"}) {
    throw ConfigError("expected --passes gradient with --compare-dfno: it knows no other");
  }
  if (settings.torch && settings.in_steps < 1) {
    throw ConfigError("expected --in-steps of at least 1 with --compare-torch: that network lifts time");
  }
}

int benchmark_gradient(int argc, char** argv, const bench::World& world) {
  bench::Options options;
  Settings settings;
  using enum bench::Option;
  bench::CommandLine line("gradient", "Time and memory of the whole gradient (forward, loss and backward).", options,
                          {grid, modes, width, blocks, hidden, batch, partition, device});
  add_options(line, settings);
  if (!line.parse(argc, argv, *world)) return 0;
  check(settings, world->size());
  if (settings.threads > 0) set_thread_count(settings.threads);
  if (settings.largest > 0) {
    options.repeats = 1;
    options.warmup = 0;
  }
  bench::Harness harness("gradient", world, options);
  for (const bench::GradientRun& run : runs_of(settings)) {
    if (settings.largest > 0) {
      find_largest(harness, settings, run);
      continue;
    }
    for (const Shape& size : grids_of(settings, options)) measure(harness, settings, size, run, run.name());
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return tessera::run_program(argc, argv,
                              [&](const bench::World& world) { return benchmark_gradient(argc, argv, world); });
}
