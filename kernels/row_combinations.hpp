#pragma once

/// \file
/// Rows of complex numbers made of other rows: between the full spectrum of a line and the modes kept of it. On device
/// memory, see kernels/elementwise.hpp.

#include <complex>
#include <cstdint>

#include "tessera/core/shape.hpp"
#include "tessera/core/stream.hpp"

namespace tessera::kernels {

/// factor x[row] + conjugate_factor conj(x[conjugate_row]); a row below 0 stands for zeros.
template <class T>
struct RowCombination {
  std::int32_t row = -1, conjugate_row = -1;
  T factor = 0, conjugate_factor = 0;
};

/// y[a, r, c] = combination r of the rows of x[a, :, c]; x is [outer, from, inner], y [outer, to, inner], both
/// contiguous. `combinations`: `to` of them, in device memory. The arrays must not overlap.
template <class T>
void combine_rows(const Stream& stream, Index outer, Index from, Index to, Index inner,
                  const RowCombination<T>* combinations, const std::complex<T>* x, std::complex<T>* y);

}  // namespace tessera::kernels
