/// `tessera generate co2-flow`: simulates data sets of CO2 injection with OPM flow.

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <algorithm>

#include "data_generation.hpp"
#include "generate_command.hpp"
#include "tessera/core/error.hpp"
#include "tessera/simulation/co2_flow.hpp"

namespace tessera::cli {

namespace {

constexpr const char* kTask = "co2-flow";
/// Sections of the settings that a sample depends on, besides the seed.
const std::vector<std::string> kContent = {"generate.seed", "reservoir", "rock", "fluid", "wells"};

struct Co2FlowOptions {
  Co2FlowOptions() {
    generation.format = DatasetFormat::zarr;
    add_generation_settings(settings, generation);
    add_reservoir_settings();
    add_rock_settings();
    add_fluid_and_well_settings();
  }

  Settings settings;
  GenerationSettings generation;
  Co2FlowSettings flow;
  std::vector<double> cell_size, correlation_lengths;

  /// After the settings are known. Throws ConfigError.
  void complete();
  DatasetLayout layout() const;

 private:
  void add_reservoir_settings();
  void add_rock_settings();
  void add_fluid_and_well_settings();
};

void Co2FlowOptions::add_reservoir_settings() {
  cell_size.assign(flow.cell_size.begin(), flow.cell_size.end());
  settings.add("generate", "seed", flow.seed, "seed of rock and wells");
  settings.add("reservoir", "grid", flow.grid, "cells along x, y, z (z is the depth)", each(at_least(1)));
  settings.add("reservoir", "cell_size", cell_size, "size of a cell along x, y, z, m", each(more_than(0)));
  settings.add("reservoir", "top_depth", flow.top_depth, "depth of the reservoir's top, m", more_than(0));
  settings.add("reservoir", "geometry_file", flow.geometry_file,
               "GRDECL file with COORD, ZCORN, ACTNUM instead of a box");
  settings.add("reservoir", "pressure", flow.pressure, "at the top before injection, bar", more_than(0));
  settings.add("reservoir", "temperature", flow.temperature, "at the top, C");
  settings.add("reservoir", "temperature_gradient", flow.temperature_gradient, "K/m, downward");
  settings.add("reservoir", "side_volume", flow.side_volume,
               "factor of the pore volume along the sides: an aquifer where large, closed where 1", at_least(1));
  settings.add("reservoir", "steps", flow.steps, "states kept: extent of the time axis", at_least(1));
  settings.add("reservoir", "step_days", flow.step_days, "days from one to the next", more_than(0));
  settings.add("reservoir", "porosity_input", flow.porosity_input, "porosity as a further input channel");
  settings.add("reservoir", "position_input", flow.position_input,
               "place along x, y, z, from 0 to 1, as three further input channels");
  settings.add("reservoir", "pressure_output", flow.pressure_output, "pressure as a second output channel");
  settings.add("reservoir", "flow_program", flow.program, "OPM's simulator: a name in PATH, or a path");
}

void Co2FlowOptions::add_rock_settings() {
  Co2RockSettings& rock = flow.rock;
  correlation_lengths.assign(rock.correlation_lengths.begin(), rock.correlation_lengths.end());
  settings.add("rock", "permeability", rock.permeability, "geometric mean, mD", more_than(0));
  settings.add("rock", "log10_deviation", rock.log10_deviation, "standard deviation of log10 k", at_least(0));
  settings.add("rock", "correlation_lengths", correlation_lengths, "along x, y, z, m", each(more_than(0)));
  settings.add("rock", "covariance", rock.covariance, "of log10 k",
               {{"gaussian", Covariance::gaussian},
                {"exponential", Covariance::exponential},
                {"von_karman", Covariance::von_karman}});
  settings.add("rock", "hurst", rock.hurst, "exponent of von_karman", both(more_than(0), at_most(1)));
  settings.add("rock", "vertical_ratio", rock.vertical_ratio, "vertical over horizontal permeability", more_than(0));
  settings.add("rock", "porosity", rock.porosity, "where the permeability is its mean", both(more_than(0), at_most(1)));
  settings.add("rock", "min_porosity", rock.min_porosity, "least porosity", both(more_than(0), at_most(1)));
  settings.add("rock", "max_porosity", rock.max_porosity, "largest porosity", both(more_than(0), at_most(1)));
  settings.add("rock", "compressibility", rock.compressibility, "of the pores, 1/bar", at_least(0));
  settings.add("rock", "property_file", rock.property_file, "GRDECL file with PERMX, instead of drawn rock");
}

void Co2FlowOptions::add_fluid_and_well_settings() {
  Co2FluidSettings& fluid = flow.fluid;
  settings.add("fluid", "salinity", fluid.salinity, "mol of NaCl per kg of water", at_least(0));
  settings.add("fluid", "residual_brine", fluid.residual_brine, "saturation that stays", at_least(0));
  settings.add("fluid", "gas_endpoint", fluid.gas_endpoint, "relative permeability of gas at residual brine",
               more_than(0));
  settings.add("fluid", "pore_size_index", fluid.pore_size_index, "of Brooks and Corey", more_than(0));
  settings.add("fluid", "entry_pressure", fluid.entry_pressure, "capillary entry pressure, bar", at_least(0));
  Co2WellSettings& wells = flow.wells;
  settings.add("wells", "min_wells", wells.min_wells, "fewest wells of a sample", at_least(1));
  settings.add("wells", "max_wells", wells.max_wells, "most wells of a sample", at_least(1));
  settings.add("wells", "margin", wells.margin, "cells between a well and the sides", at_least(0));
  settings.add("wells", "distance", wells.distance, "cells from well to well", at_least(1));
  settings.add("wells", "completed_layers", wells.completed_layers,
               "layers open to a well, from the bottom; 0: the lower half", at_least(0));
  settings.add("wells", "min_rate", wells.min_rate, "least rate of a well, sm3/day (1.87 kg of CO2 each)",
               more_than(0));
  settings.add("wells", "max_rate", wells.max_rate, "largest rate of a well, sm3/day", more_than(0));
  settings.add("wells", "pressure_limit", wells.pressure_limit, "at the bottom of a well, bar", more_than(0));
  settings.add("wells", "diameter", wells.diameter, "of the bore, m", more_than(0));
}

void adopt(const std::vector<double>& list, std::array<double, 3>& values, const char* name) {
  if (list.size() != values.size()) {
    throw ConfigError(fmt::format("generate: expected 3 numbers of {}, found {}", name, list.size()));
  }
  std::copy(list.begin(), list.end(), values.begin());
}

void Co2FlowOptions::complete() {
  adopt(cell_size, flow.cell_size, "cell_size");
  adopt(correlation_lengths, flow.rock.correlation_lengths, "correlation_lengths");
  flow.threads = generation.threads_per_sample;
  flow.validate();
}

DatasetLayout Co2FlowOptions::layout() const {
  DatasetLayout layout;
  layout.input_shape = {flow.input_channels()};
  layout.input_shape.insert(layout.input_shape.end(), flow.grid.begin(), flow.grid.end());
  layout.output_shape = layout.input_shape;
  layout.output_shape[0] = flow.pressure_output ? 2 : 1;
  layout.input_shape.push_back(1);
  layout.output_shape.push_back(flow.steps);
  layout.axis_names = {"x", "y", "depth", "t"};
  if (flow.geometry_file.empty()) {
    const auto& [dx, dy, dz] = flow.cell_size;
    layout.grid_spacing = {dx, dy, dz, flow.step_days};
    layout.grid_origin = {dx / 2, dy / 2, flow.top_depth + dz / 2, flow.step_days};
    layout.axis_units = {"m", "m", "m", "days"};
  } else {
    // Cells of any shape: places are told by the numbers of columns and layers.
    layout.grid_spacing = {1.0, 1.0, 1.0, flow.step_days};
    layout.grid_origin = {0.0, 0.0, 0.0, flow.step_days};
    layout.axis_units = {"cells", "cells", "layers", "days"};
  }
  layout.provenance = {{"generator", "tessera generate co2-flow, with OPM flow"},
                       {"input", fmt::format("injection of the wells; log10 of the permeability in mD{}{}",
                                             flow.porosity_input ? "; porosity" : "",
                                             flow.position_input ? "; place along x; y; z, from 0 to 1" : "")},
                       {"output", flow.pressure_output ? "saturation of CO2; pressure in bar" : "saturation of CO2"},
                       {"settings", settings.to_toml()}};
  return layout;
}

batch::Record make_sample(const batch::TaskContext& context) {
  SampleTask task(context);
  Co2FlowOptions options;
  options.settings.apply_toml(task.settings(), "settings of the batch");
  options.complete();
  options.flow.threads = context.threads();
  const Co2FlowSample sample = simulate_co2_flow(options.flow, task.sample(), context.scratch());
  const auto values = [](const Tensor<float>& tensor) {
    return std::span(tensor.data(), static_cast<std::size_t>(tensor.size()));
  };
  task.set().write_sample(task.place(), values(sample.input), values(sample.output));
  return {};
}

int run(Co2FlowOptions& options, const World& world) {
  options.complete();
  world->together([&] {
    require_flow_program(options.flow);
    if (world->rank() == 0) require_co2_samples(options.flow, options.generation.samples());
  });
  return generate_data_sets(options.generation, {kTask, options.layout(), options.settings.to_toml(kContent), 1},
                            world);
}

}  // namespace

void register_co2_flow_task() { batch::register_task(kTask, make_sample); }

void add_co2_flow(CLI::App& generate, Job& job) {
  const auto options = std::make_shared<Co2FlowOptions>();
  CLI::App& command = *generate.add_subcommand(
      "co2-flow", "Saturation of CO2 injected into an aquifer by wells that vary from sample to sample, by OPM flow");
  options->settings.add_options(command, {"generate", "reservoir", "rock", "fluid", "wells", "slurm"});
  command.footer(
      "Needs OPM's simulator `flow`. Samples are simulated side by side, and the same command goes on with what was\n"
      "interrupted.\n"
      "Example:\n  tessera generate co2-flow --output co2 --grid 16,16,8 --steps 10");
  command.callback([options, &job] {
    job = [options](const World& world) {
      options->settings.resolve(*world);
      return run(*options, world);
    };
  });
}

}  // namespace tessera::cli
