/// `tessera generate navier-stokes`: simulates a data set of sphere wakes.

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <filesystem>

#include "commands.hpp"
#include "settings.hpp"
#include "tessera/core/error.hpp"
#include "tessera/core/progress.hpp"
#include "tessera/io/dataset.hpp"
#include "tessera/simulation/navier_stokes_data.hpp"

namespace tessera::cli {

namespace {

struct GenerateOptions {
  Settings settings;
  std::string output = "data";
  DatasetFormat format = DatasetFormat::hdf5;
  Index train_samples = 48, valid_samples = 8, test_samples = 8;
  std::vector<double> lengths;
  NavierStokesDataSettings data;
};

void add_generate_settings(Settings& settings, GenerateOptions& options) {
  SphereFlowSettings& sphere = options.data.sphere_flow;
  FlowParameters& flow = sphere.flow;
  options.lengths.assign(flow.lengths.begin(), flow.lengths.end());
  settings.add("generate", "output", options.output, "folder for the data sets train, valid and test");
  settings.add("generate", "format", options.format, "what they are: train.h5 or train.zarr",
               {{"hdf5", DatasetFormat::hdf5}, {"zarr", DatasetFormat::zarr}});
  settings.add("generate", "train_samples", options.train_samples, "training samples", at_least(0));
  settings.add("generate", "valid_samples", options.valid_samples, "validation samples", at_least(0));
  settings.add("generate", "test_samples", options.test_samples, "held-out samples", at_least(0));
  settings.add("generate", "seed", sphere.seed, "seed of the sphere positions");
  settings.add("generate", "ranks_per_sample", options.data.ranks_per_sample,
               "ranks that share one sample; 0: as few as hold it, with no rank idle", at_least(0));
  settings.add("flow", "grid", flow.grid, "cells along x (downstream), y, z", each(at_least(4)));
  settings.add("flow", "lengths", options.lengths, "periods of the box along x, y, z, in sphere diameters",
               each(more_than(0)));
  settings.add("flow", "steps", sphere.snapshots, "snapshots of the vorticity: extent of the time axis", at_least(1));
  settings.add("flow", "interval", sphere.interval, "time between two snapshots, in diameters per inflow speed",
               more_than(0));
  settings.add("flow", "spin_up", sphere.spin_up, "time of the first snapshot", at_least(0));
  settings.add("flow", "radius", sphere.radius, "radius of the sphere", more_than(0));
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

void adopt_lengths(GenerateOptions& options) {
  auto& lengths = options.data.sphere_flow.flow.lengths;
  if (options.lengths.size() != lengths.size() || options.data.sphere_flow.flow.grid.size() != lengths.size()) {
    throw ConfigError(fmt::format("generate: expected 3 grid extents and 3 lengths, found {} and {}",
                                  options.data.sphere_flow.flow.grid.size(), options.lengths.size()));
  }
  std::copy(options.lengths.begin(), options.lengths.end(), lengths.begin());
}

DatasetLayout layout_of(const GenerateOptions& options, Index samples) {
  const SphereFlowSettings& sphere = options.data.sphere_flow;
  DatasetLayout layout;
  layout.sample_count = samples;
  layout.input_shape = {1};
  layout.input_shape.insert(layout.input_shape.end(), sphere.flow.grid.begin(), sphere.flow.grid.end());
  layout.output_shape = layout.input_shape;
  layout.input_shape.push_back(1);
  layout.output_shape.push_back(sphere.snapshots);
  layout.axis_names = {"x", "y", "z", "t"};
  const auto spacing = sphere.flow.spacing();
  layout.grid_spacing.assign(spacing.begin(), spacing.end());
  layout.grid_spacing.push_back(sphere.interval);
  layout.provenance = {{"generator", "tessera generate navier-stokes"},
                       {"input", "1 inside the sphere, 0 outside"},
                       {"output", "magnitude of the vorticity, inflow speed per diameter"},
                       {"settings", options.settings.to_toml()}};
  return layout;
}

std::string path_of(const GenerateOptions& options, const std::string& split) {
  const char* suffix = options.format == DatasetFormat::zarr ? ".zarr" : ".h5";
  return (std::filesystem::path(options.output) / (split + suffix)).string();
}

/// Simulates samples first .. first + count - 1 into one file.
void generate_split(const GenerateOptions& options, const World& world, const std::string& split, Index first,
                    Index count) {
  if (count == 0) return;
  const std::string path = path_of(options, split);
  DatasetWriter writer(path, layout_of(options, count), world);
  NavierStokesDataSettings settings = options.data;
  settings.first_sample = first;
  settings.samples = count;
  ProgressBar bar(fmt::format("simulate {}", split), count, world->rank() == 0);
  generate_navier_stokes(
      world, settings,
      [&](Index sample, const DistTensor<float>& obstacle, const DistTensor<float>& vorticity) {
        writer.write_sample(sample - first, obstacle, vorticity);
      },
      [&](Index done, Index) { bar.update(done); });
  writer.close();
  bar.finish("-> " + path);
}

int run_generate(GenerateOptions& options, const World& world) {
  adopt_lengths(options);
  options.data.sphere_flow.validate();
  world->together([&] {
    if (world->rank() != 0) return;
    std::error_code failure;
    std::filesystem::create_directories(options.output, failure);
    if (failure) throw IoError(fmt::format("{}: cannot be created ({})", options.output, failure.message()));
  });
  generate_split(options, world, "train", 0, options.train_samples);
  generate_split(options, world, "valid", options.train_samples, options.valid_samples);
  generate_split(options, world, "test", options.train_samples + options.valid_samples, options.test_samples);
  if (world->rank() == 0) {
    fmt::print("Data set written to {}\nNext: tessera train --train {} --valid {}\n", options.output,
               path_of(options, "train"), path_of(options, "valid"));
  }
  return 0;
}

}  // namespace

void add_generate_command(CLI::App& program, Job& job) {
  const auto options = std::make_shared<GenerateOptions>();
  add_generate_settings(options->settings, *options);
  CLI::App& generate = *program.add_subcommand("generate", "Simulate a data set");
  generate.require_subcommand(1);
  CLI::App& command = *generate.add_subcommand(
      "navier-stokes", "Vorticity of the flow past a sphere whose position varies from sample to sample");
  options->settings.add_options(command, {"generate", "flow"});
  command.footer(
      "Samples are spread over groups of ranks; the data do not depend on the number of ranks.\n"
      "Example:\n  mpirun -n 2 tessera generate navier-stokes --output data --grid 24,16,16 --steps 12");
  command.callback([options, &job] {
    job = [options](const World& world) {
      options->settings.resolve(*world);
      return run_generate(*options, world);
    };
  });
}

}  // namespace tessera::cli
