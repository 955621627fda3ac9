#include "tessera/simulation/co2_flow.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "simulation/co2_deck.hpp"
#include "simulation/opm_flow.hpp"
#include "tessera/core/error.hpp"
#include "tessera/io/eclipse_results.hpp"

namespace tessera {

namespace {

namespace fs = std::filesystem;

constexpr double kLeastPermeability = 1e-4;

/// The folder of a sample, empty of what an earlier run left there.
void prepare(const fs::path& folder) {
  std::error_code failure;
  fs::create_directories(folder, failure);
  if (failure) throw IoError(folder.string() + ": cannot be created (" + failure.message() + ")");
  for (const char* ending : {"DATA", "UNRST", "INIT", "EGRID", "SMSPEC", "UNSMRY", "PRT", "DBG", "INFOSTEP"}) {
    fs::remove(folder / (std::string("CO2.") + ending), failure);
    if (failure) throw IoError(folder.string() + ": an earlier run's files cannot be removed: " + failure.message());
  }
  fs::remove(folder / kGeometryInclude, failure);
  fs::remove(folder / "flow.log", failure);
}

void write_deck(const Co2FlowSettings& settings, const Co2Rock& rock, const std::vector<Co2Well>& wells,
                const fs::path& folder) {
  const fs::path path = folder / "CO2.DATA";
  std::ofstream stream(path, std::ios::binary);
  stream << co2_deck(settings, rock, wells);
  stream.close();
  if (!stream) throw IoError(path.string() + ": cannot be written");
  if (settings.geometry_file.empty()) return;
  // A deck cannot name every path.
  std::error_code failure;
  fs::create_symlink(fs::absolute(settings.geometry_file), folder / kGeometryInclude, failure);
  if (failure) throw IoError(folder.string() + ": no link to " + settings.geometry_file + ": " + failure.message());
}

/// Calls body(cell, place) for each cell: its number in Eclipse's order, and its place in [x, y, z].
template <class Body>
void for_each_cell(const Shape& grid, const Body& body) {
  for (Index z = 0; z < grid[2]; ++z) {
    for (Index y = 0; y < grid[1]; ++y) {
      for (Index x = 0; x < grid[0]; ++x) {
        body(static_cast<std::size_t>((z * grid[1] + y) * grid[0] + x), (x * grid[1] + y) * grid[2] + z);
      }
    }
  }
}

/// Channel by channel, where a cell is along x, y and z: from 0 to 1.
void fill_positions(const Shape& grid, float* channels) {
  const Index cells = volume(grid);
  for (Index place = 0; place < cells; ++place) {
    const std::array<Index, 3> at{place / (grid[1] * grid[2]), place / grid[2] % grid[1], place % grid[2]};
    for (std::size_t axis = 0; axis < at.size(); ++axis) {
      channels[static_cast<Index>(axis) * cells + place] =
          (static_cast<float>(at[axis]) + 0.5F) / static_cast<float>(grid[axis]);
    }
  }
}

Tensor<float> make_input(const Co2FlowSettings& settings, const Co2Rock& rock, const std::vector<Co2Well>& wells) {
  const Shape& grid = settings.grid;
  const Index cells = volume(grid);
  auto input = Tensor<float>::zeros({settings.input_channels(), grid[0], grid[1], grid[2], 1});
  for (const Co2Well& well : wells) {
    const double share = static_cast<double>(settings.completed_layers()) / static_cast<double>(well.layers.size());
    for (const Index layer : well.layers) {
      input[(well.x * grid[1] + well.y) * grid[2] + layer] =
          static_cast<float>(share * well.rate / settings.wells.max_rate);
    }
  }
  for_each_cell(grid, [&](std::size_t cell, Index place) {
    const double permeability = rock.active[cell] != 0 ? rock.permeability[cell] : 0.0;
    input[cells + place] = static_cast<float>(std::log10(std::max(permeability, kLeastPermeability)));
    if (settings.porosity_input && rock.active[cell] != 0) {
      input[2 * cells + place] = static_cast<float>(rock.porosity[cell]);
    }
  });
  if (settings.position_input) fill_positions(grid, input.data() + (settings.input_channels() - 3) * cells);
  return input;
}

/// The report steps after the initial state; throws IoError unless they are those that the deck asks for.
std::vector<EclipseStep> report_steps(const Co2FlowSettings& settings, const EclipseFile& file) {
  std::vector<EclipseStep> steps = read_eclipse_steps(file);
  std::erase_if(steps, [](const EclipseStep& step) { return step.report == 0; });
  if (static_cast<Index>(steps.size()) != settings.steps) {
    throw IoError(file.name() + ": expected " + std::to_string(settings.steps) + " report steps, found " +
                  std::to_string(steps.size()));
  }
  for (Index t = 0; t < settings.steps; ++t) {
    const double expected = static_cast<double>(t + 1) * settings.step_days;
    const double found = steps[static_cast<std::size_t>(t)].days;
    if (std::abs(found - expected) > 1e-3 * settings.step_days) {
      throw IoError(file.name() + ": expected report step " + std::to_string(t + 1) + " at " +
                    std::to_string(expected) + " days, found " + std::to_string(found));
    }
  }
  return steps;
}

Tensor<float> read_output(const Co2FlowSettings& settings, const fs::path& folder) {
  const EclipseFile grid_file((folder / "CO2.EGRID").string());
  const EclipseGrid grid = read_eclipse_grid(grid_file);
  if (grid.extents != settings.grid) {
    throw IoError(grid_file.name() + ": expected a grid of " + to_string(settings.grid) + ", found " +
                  to_string(grid.extents));
  }
  const EclipseFile file((folder / "CO2.UNRST").string());
  const std::vector<EclipseStep> steps = report_steps(settings, file);
  const Index times = settings.steps, cells = volume(settings.grid);
  Tensor<float> output({settings.pressure_output ? 2 : 1, settings.grid[0], settings.grid[1], settings.grid[2], times});
  const auto read_channel = [&](Index channel, const std::string& keyword, double least, double most) {
    for (Index t = 0; t < times; ++t) {
      const EclipseStep& step = steps[static_cast<std::size_t>(t)];
      const std::vector<double> values = grid.on_all_cells(
          file.reals(file.array(keyword, step.first, step.last), static_cast<Index>(grid.active.size())), 0.0);
      for_each_cell(settings.grid, [&](std::size_t cell, Index place) {
        if (!std::isfinite(values[cell]))
          throw IoError(file.name() + ": keyword " + keyword + ": a value is not finite");
        output[(channel * cells + place) * times + t] = static_cast<float>(std::clamp(values[cell], least, most));
      });
    }
  };
  // The solver may overshoot the ends by its tolerance.
  read_channel(0, "SGAS", 0.0, 1.0);
  if (settings.pressure_output) read_channel(1, "PRESSURE", 0.0, HUGE_VAL);
  return output;
}

}  // namespace

void require_flow_program(const Co2FlowSettings& settings) { find_opm_flow(settings.program); }

void require_co2_samples(const Co2FlowSettings& settings, Index samples) {
  settings.validate();
  // Which cells are active is the same in all samples.
  const Co2Rock rock = make_co2_rock(settings, 0);
  for (Index sample = 0; sample < samples; ++sample) draw_co2_wells(settings, rock, sample);
}

Co2FlowSample simulate_co2_flow(const Co2FlowSettings& settings, Index sample, const std::string& folder) {
  settings.validate();
  if (sample < 0) {
    throw ArgumentError("simulate_co2_flow: the number of a sample must not be negative, got " +
                        std::to_string(sample));
  }
  require_flow_program(settings);
  const Co2Rock rock = make_co2_rock(settings, sample);
  const std::vector<Co2Well> wells = draw_co2_wells(settings, rock, sample);
  // flow joins the folder of the deck and the name of the results itself, so that both must be absolute.
  const fs::path place = fs::absolute(folder);
  prepare(place);
  write_deck(settings, rock, wells, place);
  run_opm_flow(settings.program, settings.threads, (place / "CO2.DATA").string(), place.string(),
               (place / "flow.log").string());
  return {make_input(settings, rock, wells), read_output(settings, place)};
}

}  // namespace tessera
