#include "tessera/io/eclipse_results.hpp"

#include <cmath>

#include "tessera/core/error.hpp"

namespace tessera {

std::vector<double> EclipseGrid::on_all_cells(const std::vector<double>& values, double inactive) const {
  if (values.size() != active.size()) {
    throw ShapeError("EclipseGrid: expected a value for each of the " + std::to_string(active.size()) +
                     " active cells, found " + std::to_string(values.size()));
  }
  std::vector<double> result(static_cast<std::size_t>(volume(extents)), inactive);
  for (std::size_t i = 0; i < values.size(); ++i) result[static_cast<std::size_t>(active[i])] = values[i];
  return result;
}

EclipseGrid read_eclipse_grid(const EclipseFile& file) {
  const std::vector<std::int32_t> header = file.integers(file.array("GRIDHEAD"));
  if (header.size() < 4 || header[1] < 1 || header[2] < 1 || header[3] < 1) {
    throw IoError(file.name() + ": keyword GRIDHEAD: expected three positive extents");
  }
  EclipseGrid grid;
  grid.extents = {header[1], header[2], header[3]};
  const EclipseArray* mask = file.find("ACTNUM");
  if (mask == nullptr) {
    // Their number has to be borne out by an array: the corners' depths, eight of each cell.
    const EclipseArray& corners = file.array("ZCORN");
    const Index cells = corners.count / 8;
    if (corners.count % 8 != 0 || cells / grid.extents[0] / grid.extents[1] != grid.extents[2] ||
        cells != volume(grid.extents)) {
      throw IoError(file.name() + ": keyword ZCORN: expected eight values for each cell of " + to_string(grid.extents) +
                    ", found " + std::to_string(corners.count));
    }
    for (Index cell = 0; cell < cells; ++cell) grid.active.push_back(cell);
    return grid;
  }
  const std::vector<std::int32_t> active = file.integers(*mask);
  const auto cells = static_cast<Index>(active.size());
  if (cells / grid.extents[0] / grid.extents[1] != grid.extents[2] || cells != volume(grid.extents)) {
    throw IoError(file.name() + ": keyword ACTNUM: expected a value for each cell of " + to_string(grid.extents) +
                  ", found " + std::to_string(cells));
  }
  for (Index cell = 0; cell < cells; ++cell) {
    if (active[static_cast<std::size_t>(cell)] != 0) grid.active.push_back(cell);
  }
  return grid;
}

std::vector<EclipseStep> read_eclipse_steps(const EclipseFile& file) {
  std::vector<EclipseStep> steps;
  const auto& arrays = file.arrays();
  if (arrays.empty() || arrays.front().keyword != "SEQNUM") {
    throw IoError(file.name() + ": expected keyword SEQNUM at its beginning, found " +
                  (arrays.empty() ? "nothing" : arrays.front().keyword));
  }
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    if (arrays[i].keyword != "SEQNUM") continue;
    if (!steps.empty()) steps.back().last = i;
    steps.push_back({file.integers(arrays[i], 1).front(), 0.0, i, arrays.size()});
  }
  for (std::size_t step = 0; step < steps.size(); ++step) {
    EclipseStep& here = steps[step];
    const std::vector<double> header = file.reals(file.array("DOUBHEAD", here.first, here.last));
    here.days = header.empty() ? -1.0 : header.front();
    if (!std::isfinite(here.days) || here.days < 0.0 || (step > 0 && here.days <= steps[step - 1].days)) {
      throw IoError(file.name() + ": keyword DOUBHEAD: expected a time later than the one before, found " +
                    std::to_string(here.days) + " days at report step " + std::to_string(here.report));
    }
  }
  return steps;
}

}  // namespace tessera
