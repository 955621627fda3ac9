#pragma once

/// \file
/// A contiguous tensor [outer, axis, inner] seen as a matrix: its rows are the positions along the axis, its columns
/// p = a inner + c the pairs (a, c) of an outer and an inner position.

#include <cstdint>

#include "kernels/arithmetic/complex_product.hpp"
#include "kernels/cuda/launch.cuh"

namespace tessera::kernels::cuda {

inline constexpr int kWarp = 32;

/// Runs along `inner` of which at least this many numbers are consecutive are gone through column after column; shorter
/// ones row after row, so that in both cases neighbouring threads take neighbouring numbers.
inline constexpr Index kShortRun = 8;

/// With Parts = 2 the numbers are complex, and a position's real and imaginary part are two rows.
template <int Parts>
struct AxisRows {
  Index rows, inner;

  /// Offset of row 0 of column p, in reals.
  __device__ Index column(Index p) const {
    if (inner == 1) return p * rows;
    Index a = 0;
    if (p >= inner) {
      // 32-bit division costs a fraction of 64-bit division.
      const bool is_short = p <= Index{UINT32_MAX};
      a = is_short ? static_cast<Index>(static_cast<std::uint32_t>(p) / static_cast<std::uint32_t>(inner)) : p / inner;
    }
    return a * rows * inner + (p - a * inner) * Parts;
  }

  /// What to add to that for another row.
  __device__ Index row(Index r) const {
    if constexpr (Parts == 1) return r * inner;
    return r / Parts * inner * Parts + r % Parts;
  }

  __device__ bool has_short_runs() const { return inner < kShortRun; }
};

/// The numbers of such a tensor, read as they are.
template <class T, int Parts = 1>
struct PlainRows {
  AxisRows<Parts> axis;
  const T* values;

  __device__ T at(Index, Index address) const { return values[address]; }
  __device__ void keep(Index, T) const {}
};

}  // namespace tessera::kernels::cuda
