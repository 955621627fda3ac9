#include "tessera/spectral/spectral_grid.hpp"

#include <string>

#include "tessera/core/error.hpp"

namespace tessera {

namespace {
constexpr std::size_t kMaxGridAxes = 4;
}

SpectralGrid::SpectralGrid(Shape grid, Shape modes) : grid_(std::move(grid)), modes_(std::move(modes)), kept_(modes_) {
  const std::string what = "spectral grid " + to_string(grid_) + ", modes " + to_string(modes_) + ": ";
  if (grid_.empty() || grid_.size() > kMaxGridAxes) throw FftError(what + "1 to 4 grid axes are supported");
  if (grid_.size() != modes_.size()) throw FftError(what + "one number of modes per grid axis is needed");
  for (std::size_t axis = 0; axis < grid_.size(); ++axis) {
    const bool last = axis + 1 == grid_.size();
    const Index limit = last ? grid_[axis] / 2 + 1 : grid_[axis] / 2;
    if (grid_[axis] < 1) throw FftError(what + "extents must be at least 1");
    if (modes_[axis] < 1 || modes_[axis] > limit) {
      throw FftError(what + "axis " + std::to_string(axis) + " of length " + std::to_string(grid_[axis]) +
                     " can keep 1 to " + std::to_string(limit) + " modes (" + (last ? "N/2 + 1" : "2 m <= N") +
                     "), got " + std::to_string(modes_[axis]));
    }
    if (!last) kept_[axis] = 2 * modes_[axis];
  }
}

std::vector<Index> SpectralGrid::frequencies(std::size_t axis) const {
  std::vector<Index> result;
  for (Index k = 0; k < modes_[axis]; ++k) result.push_back(k);
  if (axis + 1 == rank()) return result;
  for (Index k = grid_[axis] - modes_[axis]; k < grid_[axis]; ++k) result.push_back(k);
  return result;
}

std::vector<double> SpectralGrid::inverse_weights(std::size_t axis) const {
  const Index length = grid_[axis];
  std::vector<double> weights;
  for (const Index frequency : frequencies(axis)) {
    const bool own_conjugate = frequency == 0 || 2 * frequency == length;
    weights.push_back((axis + 1 == rank() && !own_conjugate ? 2.0 : 1.0) / static_cast<double>(length));
  }
  return weights;
}

}  // namespace tessera
