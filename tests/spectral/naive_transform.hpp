#pragma once

/// \file
/// numpy's rfftn and irfftn at the kept modes, by definition: one O(N^2) sum per axis, on one rank.

#include <complex>
#include <functional>
#include <numbers>
#include <vector>

#include "tessera/spectral/spectral_grid.hpp"

namespace tessera::testing_support {

using Complex = std::complex<double>;

/// A whole tensor [batch, channel, ...], row-major.
struct NaiveTensor {
  Shape shape;
  std::vector<Complex> values;
};

/// exp(2 pi i turn / length)
inline Complex unit_root(Index turn, Index length) {
  return std::polar(1.0, 2.0 * std::numbers::pi * static_cast<double>(turn % length) / static_cast<double>(length));
}

/// y[.., r, ..] = sum_c entry(r, c) x[.., c, ..] along one axis.
inline NaiveTensor apply_along(const NaiveTensor& x, std::size_t axis, Index rows,
                               const std::function<Complex(Index, Index)>& entry) {
  NaiveTensor y{x.shape, {}};
  y.shape[axis] = rows;
  y.values.resize(static_cast<std::size_t>(volume(y.shape)));
  const Index columns = x.shape[axis];
  const Index inner = row_major_strides(x.shape)[axis];
  const Index outer = static_cast<Index>(y.values.size()) / (inner * rows);
  for (Index row = 0; row < rows; ++row) {
    for (Index column = 0; column < columns; ++column) {
      const Complex factor = entry(row, column);
      for (Index a = 0; a < outer; ++a) {
        for (Index c = 0; c < inner; ++c) {
          y.values[static_cast<std::size_t>((a * rows + row) * inner + c)] +=
              factor * x.values[static_cast<std::size_t>((a * columns + column) * inner + c)];
        }
      }
    }
  }
  return y;
}

/// numpy.fft.rfftn over the grid axes, at the kept modes.
inline NaiveTensor naive_forward(NaiveTensor x, const SpectralGrid& spectral) {
  for (std::size_t axis = 0; axis < spectral.rank(); ++axis) {
    const auto frequencies = spectral.frequencies(axis);
    const Index length = spectral.grid()[axis];
    x = apply_along(x, axis + 2, static_cast<Index>(frequencies.size()), [&](Index k, Index n) {
      return std::conj(unit_root(frequencies[static_cast<std::size_t>(k)] * n, length));
    });
  }
  return x;
}

/// numpy.fft.irfftn of a spectrum that is zero but for the kept modes: complex inverse transforms of all axes but the
/// last; there the half spectrum is completed to a Hermitian one, whose own-conjugate modes are real.
inline NaiveTensor naive_inverse(NaiveTensor modes, const SpectralGrid& spectral) {
  for (std::size_t axis = 0; axis + 1 < spectral.rank(); ++axis) {
    const auto frequencies = spectral.frequencies(axis);
    const Index length = spectral.grid()[axis];
    modes = apply_along(modes, axis + 2, length, [&](Index n, Index k) {
      return unit_root(frequencies[static_cast<std::size_t>(k)] * n, length) / static_cast<double>(length);
    });
  }
  const std::size_t last = spectral.rank() + 1;
  const Index length = spectral.grid().back();
  const Index kept = modes.shape[last];
  NaiveTensor line = modes;
  line.shape[last] = length;
  line.values.assign(static_cast<std::size_t>(volume(line.shape)), 0.0);
  const Index lines = static_cast<Index>(modes.values.size()) / kept;
  for (Index a = 0; a < lines; ++a) {
    for (Index k = 0; k < kept; ++k) {
      const Complex mode = modes.values[static_cast<std::size_t>(a * kept + k)];
      if (2 * k % length == 0) {
        line.values[static_cast<std::size_t>(a * length + k)] = mode.real();
      } else {
        line.values[static_cast<std::size_t>(a * length + k)] = mode;
        line.values[static_cast<std::size_t>(a * length + length - k)] = std::conj(mode);
      }
    }
  }
  return apply_along(line, last, length,
                     [&](Index n, Index k) { return unit_root(k * n, length) / static_cast<double>(length); });
}

}  // namespace tessera::testing_support
