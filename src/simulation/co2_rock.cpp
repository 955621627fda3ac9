#include "simulation/co2_rock.hpp"

#include <algorithm>
#include <cmath>

#include "tessera/core/error.hpp"
#include "tessera/io/grdecl_file.hpp"

namespace tessera {

namespace {

double carman_factor(double porosity) { return std::pow(porosity, 3) / std::pow(1.0 - porosity, 2); }

/// Values of a keyword, all at least `least` and at most `most`.
std::vector<double> checked(const GrdeclFile& file, const std::string& keyword, Index cells, double least,
                            double most) {
  std::vector<double> values = file.values(keyword, cells);
  for (std::size_t cell = 0; cell < values.size(); ++cell) {
    if (values[cell] >= least && values[cell] <= most) continue;
    throw IoError(file.name() + ": " + keyword + ": expected values from " + std::to_string(least) + " to " +
                  std::to_string(most) + ", found " + std::to_string(values[cell]) + " as value " +
                  std::to_string(cell + 1));
  }
  return values;
}

void require_extents(const GrdeclFile& file, const Shape& grid) {
  const Shape found = file.extents();
  if (found != grid) {
    throw IoError(file.name() + ": expected a grid of " + to_string(grid) + ", found " + to_string(found));
  }
}

void read_geometry(const Co2FlowSettings& settings, Co2Rock& rock) {
  const GrdeclFile file(settings.geometry_file);
  const Shape& grid = settings.grid;
  require_extents(file, grid);
  file.values("COORD", 6 * (grid[0] + 1) * (grid[1] + 1));
  const std::vector<double> depths = file.values("ZCORN", 8 * volume(grid));
  const auto [top, bottom] = std::minmax_element(depths.begin(), depths.end());
  rock.top = *top;
  rock.bottom = *bottom;
  if (!file.has("ACTNUM")) return;
  const std::vector<double> mask = checked(file, "ACTNUM", volume(grid), 0.0, 1.0);
  for (std::size_t cell = 0; cell < mask.size(); ++cell) rock.active[cell] = mask[cell] != 0.0;
}

void read_properties(const Co2FlowSettings& settings, Co2Rock& rock) {
  constexpr double kMostPermeable = 1e9;
  const GrdeclFile file(settings.rock.property_file);
  const Index cells = volume(settings.grid);
  if (file.has("SPECGRID") || file.has("DIMENS")) require_extents(file, settings.grid);
  rock.permeability = checked(file, "PERMX", cells, 0.0, kMostPermeable);
  if (file.has("PERMZ")) rock.vertical_permeability = checked(file, "PERMZ", cells, 0.0, kMostPermeable);
  if (file.has("PORO")) rock.porosity = checked(file, "PORO", cells, 0.0, 1.0);
}

std::vector<double> draw_permeability(const Co2FlowSettings& settings, Index sample) {
  const Co2RockSettings& rock = settings.rock;
  RandomFieldSettings field;
  // With the axes reversed the field comes in Eclipse's order.
  for (std::size_t axis = 0; axis < 3; ++axis) {
    field.grid[axis] = settings.grid[2 - axis];
    field.spacing[axis] = settings.cell_size[2 - axis];
    field.correlation_lengths[axis] = rock.correlation_lengths[2 - axis];
  }
  field.covariance = rock.covariance;
  field.hurst = rock.hurst;
  std::vector<double> values = RandomField(field).draw(settings.seed, "CO2 flow permeability", sample);
  for (double& value : values) value = rock.permeability * std::pow(10.0, rock.log10_deviation * value);
  return values;
}

}  // namespace

double kozeny_carman_porosity(const Co2RockSettings& rock, double permeability) {
  const double target = carman_factor(rock.porosity) * permeability / rock.permeability;
  double low = rock.min_porosity, high = rock.max_porosity;
  if (target <= carman_factor(low)) return low;
  if (target >= carman_factor(high)) return high;
  // The factor grows with the porosity: halve to what single precision tells apart.
  constexpr int kHalvings = 30;
  for (int step = 0; step < kHalvings; ++step) {
    const double middle = 0.5 * (low + high);
    (carman_factor(middle) < target ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

Co2Rock make_co2_rock(const Co2FlowSettings& settings, Index sample) {
  Co2Rock rock;
  rock.active.assign(static_cast<std::size_t>(volume(settings.grid)), 1);
  rock.top = settings.top_depth;
  rock.bottom = settings.top_depth + static_cast<double>(settings.grid[2]) * settings.cell_size[2];
  if (!settings.geometry_file.empty()) read_geometry(settings, rock);
  if (settings.rock.property_file.empty()) {
    rock.permeability = draw_permeability(settings, sample);
  } else {
    read_properties(settings, rock);
  }
  if (rock.vertical_permeability.empty()) {
    for (const double k : rock.permeability) rock.vertical_permeability.push_back(settings.rock.vertical_ratio * k);
  }
  if (rock.porosity.empty()) {
    for (const double k : rock.permeability) rock.porosity.push_back(kozeny_carman_porosity(settings.rock, k));
  }
  // The simulator leaves out cells without pores, too.
  for (std::size_t cell = 0; cell < rock.active.size(); ++cell) {
    if (rock.porosity[cell] <= 0.0) rock.active[cell] = 0;
  }
  return rock;
}

}  // namespace tessera
