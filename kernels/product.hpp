#pragma once

/// \file
/// The description of a small dense product, all strides given.

#include <cstdint>

namespace tessera::kernels {

/// C[i,j] = initial[i,j] + sum_p A[i,p] B[p,j] for i < m, j < n, p < k, and the same for `batch` pairs of B and C that
/// share A. Strides are in elements; a null `initial` means zero. A may have any strides, rows of B and C are
/// contiguous. Rows of `initial` are contiguous (column stride 1) or constant (column stride 0): C itself to
/// accumulate, a bias per row (strides 1, 0) or per column (strides 0, 1); it is shared by the batch unless it is C.
template <class T>
struct Product {
  std::int64_t m, n, k;
  const T* a;
  std::int64_t a_row, a_column;
  const T* b;
  std::int64_t b_row;
  T* c;
  std::int64_t c_row;
  const T* initial = nullptr;
  std::int64_t initial_row = 0, initial_column = 0;
  std::int64_t batch = 1, b_batch = 0, c_batch = 0, initial_batch = 0;
  bool far = false;  ///< C is likely not in a cache: its lines are asked for early
};

}  // namespace tessera::kernels
