#include "tessera/simulation/flow_parameters.hpp"

#include <cmath>
#include <string>

#include "tessera/core/error.hpp"

namespace tessera {

namespace {

constexpr Index kMinCells = 4;
constexpr double kMaxCfl = 0.8;

void require(bool holds, const std::string& name, const std::string& expected, double found) {
  if (!holds) throw ConfigError("flow parameters: " + name + " must be " + expected + ", got " + std::to_string(found));
}

}  // namespace

void FlowParameters::validate() const {
  if (grid.size() != 3) {
    throw ConfigError("flow parameters: grid must have three extents (x, y, z), got " + to_string(grid));
  }
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const std::string of_axis = " of axis " + std::to_string(axis);
    require(grid[axis] >= kMinCells, "grid" + of_axis, "at least 4 cells", static_cast<double>(grid[axis]));
    require(std::isfinite(lengths[axis]) && lengths[axis] > 0.0, "length" + of_axis, "positive", lengths[axis]);
  }
  require(std::isfinite(viscosity) && viscosity >= 0.0, "viscosity", "zero or positive", viscosity);
  require(std::isfinite(inflow), "inflow", "finite", inflow);
  require(std::isfinite(penalisation) && penalisation > 0.0, "penalisation", "positive", penalisation);
  require(std::isfinite(surface_width) && surface_width >= 0.0, "surface_width", "zero or positive", surface_width);
  require(fringe_fraction >= 0.0 && fringe_fraction < 1.0, "fringe_fraction", "in [0, 1)", fringe_fraction);
  require(std::isfinite(fringe_strength) && fringe_strength >= 0.0, "fringe_strength", "zero or positive",
          fringe_strength);
  require(cfl > 0.0 && cfl <= kMaxCfl, "cfl", "in (0, 0.8]", cfl);
}

std::array<double, 3> FlowParameters::spacing() const {
  return {lengths[0] / static_cast<double>(grid[0]), lengths[1] / static_cast<double>(grid[1]),
          lengths[2] / static_cast<double>(grid[2])};
}

}  // namespace tessera
