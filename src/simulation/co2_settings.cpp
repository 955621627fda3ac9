#include "tessera/simulation/co2_settings.hpp"

#include <algorithm>
#include <cmath>

#include "tessera/core/error.hpp"

namespace tessera {

namespace {

constexpr double kWaterFreezes = 0.0;
/// Where the simulator's tables of CO2 end.
constexpr double kHottest = 200.0;

/// Of a column of brine.
constexpr double kBarPerMetre = 0.1;

void require(bool holds, const std::string& name, const std::string& expected, double found) {
  if (!holds) throw ConfigError("CO2 flow: " + name + " must be " + expected + ", got " + std::to_string(found));
}

void require_positive(const std::string& name, double value) {
  require(std::isfinite(value) && value > 0.0, name, "positive", value);
}

void require_count(bool holds, const std::string& name, const std::string& expected, Index found) {
  if (!holds) throw ConfigError("CO2 flow: " + name + " must be " + expected + ", got " + std::to_string(found));
}

void validate_rock(const Co2RockSettings& rock) {
  require_positive("permeability", rock.permeability);
  require(std::isfinite(rock.log10_deviation) && rock.log10_deviation >= 0.0, "log10_deviation", "zero or positive",
          rock.log10_deviation);
  for (const double length : rock.correlation_lengths) require_positive("each of correlation_lengths", length);
  require(rock.hurst > 0.0 && rock.hurst <= 1.0, "hurst", "in (0, 1]", rock.hurst);
  require_positive("vertical_ratio", rock.vertical_ratio);
  require(rock.min_porosity > 0.0 && rock.min_porosity <= rock.porosity, "min_porosity",
          "positive and at most porosity", rock.min_porosity);
  require(rock.max_porosity < 1.0 && rock.max_porosity >= rock.porosity, "max_porosity",
          "below 1 and at least porosity", rock.max_porosity);
  require(std::isfinite(rock.compressibility) && rock.compressibility >= 0.0, "compressibility", "zero or positive",
          rock.compressibility);
}

void validate_fluid(const Co2FluidSettings& fluid) {
  require(fluid.salinity >= 0.0 && fluid.salinity <= 6.0, "salinity", "between 0 and 6 mol/kg", fluid.salinity);
  require(fluid.residual_brine >= 0.0 && fluid.residual_brine < 1.0, "residual_brine", "in [0, 1)",
          fluid.residual_brine);
  require(fluid.gas_endpoint > 0.0 && fluid.gas_endpoint <= 1.0, "gas_endpoint", "in (0, 1]", fluid.gas_endpoint);
  require_positive("pore_size_index", fluid.pore_size_index);
  require(std::isfinite(fluid.entry_pressure) && fluid.entry_pressure >= 0.0, "entry_pressure", "zero or positive",
          fluid.entry_pressure);
}

/// Wells that a box has room for: on the columns between the margins, `distance` apart.
Index most_wells(const Co2FlowSettings& settings) {
  const auto along = [&](Index cells) { return 1 + (cells - 2 * settings.wells.margin - 1) / settings.wells.distance; };
  return along(settings.grid[0]) * along(settings.grid[1]);
}

void validate_wells(const Co2FlowSettings& settings) {
  const Co2WellSettings& wells = settings.wells;
  require_count(wells.min_wells >= 1, "min_wells", "at least 1", wells.min_wells);
  require_count(wells.max_wells >= wells.min_wells, "max_wells", "at least min_wells", wells.max_wells);
  require_count(wells.margin >= 0 && 2 * wells.margin < std::min(settings.grid[0], settings.grid[1]), "margin",
                "at least 0 and leave cells between the sides", wells.margin);
  require_count(wells.distance >= 1, "distance", "at least 1", wells.distance);
  const Index most = most_wells(settings);
  require_count(wells.max_wells <= most, "max_wells",
                "at most " + std::to_string(most) + ", as many as have room on a grid of " + to_string(settings.grid) +
                    " with margin " + std::to_string(wells.margin) + " and distance " + std::to_string(wells.distance),
                wells.max_wells);
  require_count(wells.completed_layers >= 0 && wells.completed_layers <= settings.grid[2], "completed_layers",
                "between 0 and the layers of the grid", wells.completed_layers);
  require_positive("min_rate", wells.min_rate);
  require(std::isfinite(wells.max_rate) && wells.max_rate >= wells.min_rate, "max_rate", "at least min_rate",
          wells.max_rate);
  const double thickness = static_cast<double>(settings.grid[2]) * settings.cell_size[2];
  const double initial = settings.pressure + (settings.geometry_file.empty() ? kBarPerMetre * thickness : 0.0);
  require(std::isfinite(wells.pressure_limit) && wells.pressure_limit > initial, "pressure_limit",
          "above " + std::to_string(initial) + " bar, the pressure in the reservoir", wells.pressure_limit);
  require_positive("diameter", wells.diameter);
}

}  // namespace

Index Co2FlowSettings::completed_layers() const {
  return wells.completed_layers > 0 ? wells.completed_layers : (grid[2] + 1) / 2;
}

void Co2FlowSettings::validate() const {
  if (grid.size() != 3) {
    throw ConfigError("CO2 flow: grid must have three extents (x, y, z), got " + to_string(grid));
  }
  for (const Index cells : grid)
    require_count(cells >= 1 && cells <= 100000, "each extent of grid", "1 to 100000", cells);
  // The simulator and its files count with 32 bits.
  require_count(grid[0] * grid[1] <= INT32_MAX / 8 / grid[2], "grid", "smaller than 2^28 cells", grid[0] * grid[1]);
  for (const double size : cell_size) require_positive("each of cell_size", size);
  require_positive("top_depth", top_depth);
  require_positive("pressure", pressure);
  require(temperature > kWaterFreezes && temperature < kHottest, "temperature", "between 0 and 200 C", temperature);
  require(std::isfinite(temperature_gradient) && temperature_gradient >= 0.0, "temperature_gradient",
          "zero or positive", temperature_gradient);
  require(std::isfinite(side_volume) && side_volume >= 1.0, "side_volume", "at least 1", side_volume);
  require_count(steps >= 1 && steps <= 10000, "steps", "1 to 10000", steps);
  require_positive("step_days", step_days);
  require_count(threads >= 1, "threads", "at least 1", threads);
  validate_rock(rock);
  validate_fluid(fluid);
  validate_wells(*this);
}

}  // namespace tessera
