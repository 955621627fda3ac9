/// `tessera generate navier-stokes`: simulates data sets of sphere wakes.

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <algorithm>

#include "data_generation.hpp"
#include "generate_command.hpp"
#include "tessera/core/error.hpp"
#include "tessera/simulation/navier_stokes_data.hpp"

namespace tessera::cli {

namespace {

constexpr const char* kTask = "navier-stokes";
/// Sections of the settings that a sample depends on, besides the seed.
const std::vector<std::string> kContent = {"generate.seed", "flow"};

struct NavierStokesOptions {
  NavierStokesOptions() { add_settings(); }

  Settings settings;
  GenerationSettings generation;
  int ranks_per_sample = 0;
  SphereFlowSettings sphere_flow;
  std::vector<double> lengths;

  /// After the settings are known. Throws ConfigError.
  void complete();
  DatasetLayout layout() const;

 private:
  void add_settings();
};

void NavierStokesOptions::add_settings() {
  FlowParameters& flow = sphere_flow.flow;
  lengths.assign(flow.lengths.begin(), flow.lengths.end());
  add_generation_settings(settings, generation);
  settings.add("generate", "seed", sphere_flow.seed, "seed of the sphere positions");
  settings.add("generate", "ranks_per_sample", ranks_per_sample,
               "ranks that share one sample; 0: as few as hold it, with no rank idle", at_least(0));
  settings.add("flow", "grid", flow.grid, "cells along x (downstream), y, z", each(at_least(4)));
  settings.add("flow", "lengths", lengths, "periods of the box along x, y, z, in sphere diameters", each(more_than(0)));
  settings.add("flow", "steps", sphere_flow.snapshots, "snapshots of the vorticity: extent of the time axis",
               at_least(1));
  settings.add("flow", "interval", sphere_flow.interval, "time between two snapshots, in diameters per inflow speed",
               more_than(0));
  settings.add("flow", "spin_up", sphere_flow.spin_up, "time of the first snapshot", at_least(0));
  settings.add("flow", "radius", sphere_flow.radius, "radius of the sphere", more_than(0));
  settings.add("flow", "viscosity", flow.viscosity, "kinematic viscosity; 1 / Reynolds number in the default units",
               more_than(0));
  settings.add("flow", "inflow", flow.inflow, "speed of the stream along x", more_than(0));
  settings.add("flow", "penalisation", flow.penalisation, "time in which the sphere stops the fluid inside it",
               more_than(0));
  settings.add("flow", "fringe_fraction", flow.fringe_fraction,
               "share of the box, at its end, where the flow is led back to the inflow", at_least(0));
  settings.add("flow", "fringe_strength", flow.fringe_strength, "largest rate of that, per unit time", at_least(0));
  settings.add("flow", "cfl", flow.cfl, "Courant number of the time steps", both(more_than(0), at_most(0.8)));
}

void NavierStokesOptions::complete() {
  FlowParameters& flow = sphere_flow.flow;
  if (lengths.size() != flow.lengths.size() || flow.grid.size() != flow.lengths.size()) {
    throw ConfigError(fmt::format("generate: expected 3 grid extents and 3 lengths, found {} and {}", flow.grid.size(),
                                  lengths.size()));
  }
  std::copy(lengths.begin(), lengths.end(), flow.lengths.begin());
  sphere_flow.validate();
}

DatasetLayout NavierStokesOptions::layout() const {
  DatasetLayout layout;
  layout.input_shape = {1};
  layout.input_shape.insert(layout.input_shape.end(), sphere_flow.flow.grid.begin(), sphere_flow.flow.grid.end());
  layout.output_shape = layout.input_shape;
  layout.input_shape.push_back(1);
  layout.output_shape.push_back(sphere_flow.snapshots);
  layout.axis_names = {"x", "y", "z", "t"};
  const auto spacing = sphere_flow.flow.spacing();
  layout.grid_spacing.assign(spacing.begin(), spacing.end());
  layout.grid_spacing.push_back(sphere_flow.interval);
  layout.provenance = {{"generator", "tessera generate navier-stokes"},
                       {"input", "1 inside the sphere, 0 outside"},
                       {"output", "magnitude of the vorticity, inflow speed per diameter"},
                       {"settings", settings.to_toml()}};
  return layout;
}

batch::Record make_sample(const batch::TaskContext& context) {
  SampleTask task(context);
  NavierStokesOptions options;
  options.settings.apply_toml(task.settings(), "settings of the batch");
  options.complete();
  const SphereFlowSample sample = simulate_sphere_flow(context.communicator(), options.sphere_flow, task.sample());
  task.set().write_sample(task.place(), sample.obstacle, sample.vorticity);
  return {};
}

int run(NavierStokesOptions& options, const World& world) {
  options.complete();
  int ranks = options.ranks_per_sample;
  if (ranks == 0) {
    const bool mpi = options.generation.engine_for(world) == EngineChoice::mpi;
    ranks = default_ranks_per_sample(options.sphere_flow, options.generation.samples(), mpi ? world->size() : 1);
  }
  return generate_data_sets(options.generation, {kTask, options.layout(), options.settings.to_toml(kContent), ranks},
                            world);
}

}  // namespace

void register_navier_stokes_task() { batch::register_task(kTask, make_sample); }

void add_navier_stokes(CLI::App& generate, Job& job) {
  const auto options = std::make_shared<NavierStokesOptions>();
  CLI::App& command = *generate.add_subcommand(
      "navier-stokes", "Vorticity of the flow past a sphere whose position varies from sample to sample");
  options->settings.add_options(command, {"generate", "flow", "slurm"});
  command.footer(
      "Samples are simulated side by side; the data do not depend on how many. The same command goes on with what was\n"
      "interrupted.\n"
      "Example:\n  mpirun -n 2 tessera generate navier-stokes --output data --grid 24,16,16 --steps 12");
  command.callback([options, &job] {
    job = [options](const World& world) {
      options->settings.resolve(*world);
      return run(*options, world);
    };
  });
}

}  // namespace tessera::cli
