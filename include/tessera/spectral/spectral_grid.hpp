#pragma once

/// \file
/// Which Fourier modes of a grid are kept.

#include <vector>

#include "tessera/core/shape.hpp"

namespace tessera {

/// A grid of 1 to 4 axes and the modes kept on each: 0..m-1 on the last axis (real transform); 0..m-1 and N-m..N-1, in
/// that order, on every other axis.
class SpectralGrid {
 public:
  /// Throws FftError when the ranks differ, an extent is below 1, or modes go past Nyquist: 1 <= m, 2 m <= N, and
  /// m <= N / 2 + 1 on the last axis. (An axis of length 1 that is not the last has no room for two corners.)
  SpectralGrid(Shape grid, Shape modes);

  const Shape& grid() const noexcept { return grid_; }
  const Shape& modes() const noexcept { return modes_; }
  std::size_t rank() const noexcept { return grid_.size(); }

  /// Extents of the retained spectrum: [2 m_1, ..., 2 m_{d-1}, m_d].
  const Shape& kept() const noexcept { return kept_; }
  /// Frequencies kept on an axis, in storage order, each in 0..N-1.
  std::vector<Index> frequencies(std::size_t axis) const;
  /// Factor of a kept mode in the inverse transform along `axis`: 1 / N, doubled on the last axis for the modes whose
  /// conjugates are not stored (neither DC nor, for even N, Nyquist).
  std::vector<double> inverse_weights(std::size_t axis) const;

  friend bool operator==(const SpectralGrid&, const SpectralGrid&) = default;

 private:
  Shape grid_;
  Shape modes_;
  Shape kept_;
};

}  // namespace tessera
