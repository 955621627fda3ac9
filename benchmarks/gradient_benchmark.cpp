/// \file
/// The whole gradient of a 4D (or other) Fourier neural operator: time and memory in the three activation modes, over
/// sizes, and side by side with dfno.

#include <unistd.h>

#include <cstdio>
#include <optional>
#include <sstream>

#include "child_process.hpp"
#include "harness.hpp"
#include "model_case.hpp"
#include "tessera/comm/mpi_environment.hpp"
#include "tessera/core/progress.hpp"
#include "tessera/core/threads.hpp"

namespace {

using namespace tessera;

struct Settings {
  std::vector<std::string> activations = {"all", "one", "none"};
  Shape sizes;
  std::string fields = "automatic";
  std::string schedule = "automatic";
  std::string loss = "relative_l2";
  Index in_steps = 1;
  int threads = 0;
  bool progress = false;
  std::string dfno;
  std::string python = "python3";
};

/// A model with its input and target, in memory or as formulas.
class Problem {
 public:
  Problem(const FnoConfig& config, const Partition& partition, Index batch, Loss loss, bool formulas)
      : model_(config, partition, 1),
        batch_(batch),
        loss_(loss),
        x_formula_(config.input_shape(batch)),
        target_formula_(config.output_shape(batch)) {
    if (formulas) return;
    x_.emplace(model_.input_space(batch));
    target_.emplace(model_.output_space(batch));
    fill_normal(*x_, RandomStream(1, "x"));
    fill_normal(*target_, RandomStream(1, "target"));
  }

  void gradient() {
    for (const auto& ref : model_.parameters()) std::visit([](auto* p) { p->zero_gradient(); }, ref);
    if (x_) {
      model_.value_and_gradient(loss_, *x_, *target_);
    } else {
      model_.value_and_gradient(loss_, batch_, x_formula_, target_formula_);
    }
  }

  Fno<float>& model() { return model_; }

 private:
  Fno<float> model_;
  Index batch_;
  Loss loss_;
  bench::FormulaReader x_formula_, target_formula_;
  std::optional<DistTensor<float>> x_, target_;
};

/// Waits for rank 0, which is busy elsewhere, without taking time from anyone.
void wait_quietly(const Communicator& world) {
  constexpr useconds_t kPause = 2000;
  MPI_Request request;
  check_mpi(MPI_Ibarrier(world.handle(), &request), "MPI_Ibarrier");
  for (int done = 0; done == 0;) {
    check_mpi(MPI_Test(&request, &done, MPI_STATUS_IGNORE), "MPI_Test");
    if (done == 0) usleep(kPause);
  }
}

std::vector<std::string> dfno_command(const Settings& settings, const bench::Options& options, const Shape& partition,
                                      int ranks) {
  const auto list = [](const Shape& shape) {
    std::string text;
    for (const Index extent : shape) text += (text.empty() ? "" : ",") + std::to_string(extent);
    return text;
  };
  return {"mpirun",
          "-n",
          std::to_string(ranks),
          settings.python,
          std::string(TESSERA_BENCHMARK_SOURCES) + "/compare_dfno.py",
          "--serve",
          "--path",
          settings.dfno,
          "--grid",
          list(options.grid),
          "--modes",
          list(options.modes),
          "--width",
          std::to_string(options.width),
          "--blocks",
          std::to_string(options.blocks),
          "--batch",
          std::to_string(options.batch),
          "--in-steps",
          std::to_string(settings.in_steps),
          "--partition",
          list(partition),
          "--threads",
          std::to_string(thread_count())};
}

bench::Fields fields_of(const FnoConfig& config, const bench::Options& options, const std::string& activations,
                        const Shape& partition) {
  return {{"grid", config.grid},
          {"modes", config.modes},
          {"width", config.width},
          {"blocks", config.blocks},
          {"hidden", config.hidden},
          {"batch", options.batch},
          {"activations", activations},
          {"partition", partition},
          {"threads", Index{thread_count()}},
          {"output_values", volume(config.output_shape(options.batch))}};
}

void measure(bench::Harness& harness, const Settings& settings, const Shape& grid, const std::string& activations) {
  bench::Options options = harness.options();
  options.grid = grid;
  FnoConfig config = bench::model_of(options, settings.in_steps, settings.schedule);
  config.activations = activations_from_name(activations);
  const Shape extents = bench::partition_for(options, harness.world()->size());
  const bool formulas =
      settings.fields == "formula" || (settings.fields == "automatic" && config.activations == Activations::none);
  const std::string name = "gradient/" + activations;
  harness.run(name, fields_of(config, options, activations, extents), [&](bench::Case& current) {
    Problem problem(config, Partition(harness.world(), extents), options.batch, loss_from_name(settings.loss),
                    formulas);
    ProgressBar bar(name, 100, settings.progress && harness.world()->rank() == 0);
    if (settings.progress) problem.model().set_progress([&](double fraction) { bar.update(100 * fraction); });
    if (settings.dfno.empty()) {
      current.time([&] { problem.gradient(); });
      return;
    }
    std::optional<bench::ChildProcess> dfno;
    if (harness.world()->rank() == 0) dfno.emplace(dfno_command(settings, options, extents, harness.world()->size()));
    bool noted = false;
    const auto ask = [&] {
      if (dfno) {
        double seconds = 0.0, peak = 0.0;
        std::istringstream(dfno->ask("go")) >> seconds >> peak;
        if (!noted) current.note({{"dfno_peak_rss_bytes", static_cast<Index>(peak)}});
        noted = true;
      }
      wait_quietly(*harness.world());
    };
    current.compare({{"tessera", [&] { problem.gradient(); }}, {"dfno", ask}});
  });
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

int benchmark_gradient(int argc, char** argv, const bench::World& world) {
  bench::Options options;
  Settings settings;
  using enum bench::Option;
  bench::CommandLine line("gradient", "Time and memory of the whole gradient (forward, loss and backward).", options,
                          {grid, modes, width, blocks, hidden, batch, partition});
  line.add("--activations", settings.activations, "what is kept for the backward pass", {"all", "one", "none"});
  line.add("--sizes", settings.sizes, "cells of every space axis, one case each; time stays the grid's last");
  line.add("--fields", settings.fields,
           "input and target: in memory, or computed where they are read; automatic: a formula with none",
           {"automatic", "memory", "formula"});
  line.add("--schedule", settings.schedule, "how distributed axes are transformed",
           {"automatic", "exchange", "partial_sums", "grady", "witte"});
  line.add("--loss", settings.loss, "training loss", {"relative_l2", "mse"});
  line.add("--in-steps", settings.in_steps, "time steps of the input, lifted to the grid's; 0: no lift");
  line.add("--threads", settings.threads, "threads per rank; 0: OMP_NUM_THREADS, or 1");
  line.add("--progress", settings.progress, "show how far a gradient is");
  line.add("--compare-dfno", settings.dfno, "folder with checkouts dfno and distdl, timed in turns with this");
  line.add("--python", settings.python, "the Python that has torch and mpi4py, for --compare-dfno");
  if (!line.parse(argc, argv, *world)) return 0;
  if (settings.threads > 0) set_thread_count(settings.threads);
  bench::Harness harness("gradient", world, options);
  for (const Shape& size : grids_of(settings, options)) {
    for (const std::string& activations : settings.activations) measure(harness, settings, size, activations);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return tessera::run_program(argc, argv,
                              [&](const bench::World& world) { return benchmark_gradient(argc, argv, world); });
}
