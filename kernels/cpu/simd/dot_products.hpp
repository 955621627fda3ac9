#pragma once

/// \file
/// Dot products of all pairs of rows of two matrices, accumulated in registers and flushed to double.

#include "kernels/cpu/simd/vector.hpp"

namespace tessera::kernels::simd::TESSERA_SIMD_NAMESPACE {

/// Register block: rows of A by rows of B. 16 sums of 16 lanes are added up as one vector.
inline constexpr int kDotRows = kVectorBytes == 64 ? 4 : 3;
inline constexpr int kDotColumns = kVectorBytes == 64 ? 4 : 3;

/// Terms each lane adds in T between two flushes to double.
inline constexpr Index kTermsPerLane = 128;

template <class T>
struct DotBlock {
  Index k;
  const T* a;
  Index lda;
  const T* b;
  Index ldb;
  double* sums;
  Index sums_row;
};

template <int Rows, int Columns, class T>
void dot_tile(const DotBlock<T>& block) {
  constexpr int kLong = kLanes<T>;
  Vector<T, kLong> sums[Rows * Columns] = {};
  const Index whole = block.k / kLong * kLong;
  const auto add = [&](auto load_row) __attribute__((always_inline)) {
    Vector<T, kLong> left[Rows];
#pragma GCC unroll 8
    for (int i = 0; i < Rows; ++i) left[i] = load_row(block.a + i * block.lda);
#pragma GCC unroll 8
    for (int j = 0; j < Columns; ++j) {
      const Vector<T, kLong> right = load_row(block.b + j * block.ldb);
#pragma GCC unroll 8
      for (int i = 0; i < Rows; ++i) sums[i * Columns + j] += left[i] * right;
    }
  };
  for (Index p = 0; p < whole; p += kLong) add([p](const T* row) { return load<kLong>(row + p); });
  if (whole < block.k) add([&](const T* row) { return load_first<kLong>(row + whole, block.k - whole); });
  constexpr int kGrouped = Rows * Columns / kLong * kLong;
  T totals[Rows * Columns];
#pragma GCC unroll 8
  for (int i = 0; i < kGrouped; i += kLong) store<kLong>(totals + i, sum_lanes_of_each<kLong>(sums + i));
#pragma GCC unroll 16
  for (int i = kGrouped; i < Rows * Columns; ++i) totals[i] = sum_lanes<kLong, T>(sums[i]);
  for (int i = 0; i < Rows; ++i) {
    for (int j = 0; j < Columns; ++j) {
      block.sums[i * block.sums_row + j] += static_cast<double>(totals[i * Columns + j]);
    }
  }
}

template <int Rows, int Columns, class T>
TESSERA_ALWAYS_INLINE void dot_tile_of_columns(Index columns, const DotBlock<T>& block) {
  if (columns == Columns) {
    dot_tile<Rows, Columns>(block);
  } else if constexpr (Columns > 1) {
    dot_tile_of_columns<Rows, Columns - 1>(columns, block);
  }
}

template <int Rows, class T>
TESSERA_ALWAYS_INLINE void dot_tile_of(Index rows, Index columns, const DotBlock<T>& block) {
  if (rows == Rows) {
    dot_tile_of_columns<Rows, kDotColumns>(columns, block);
  } else if constexpr (Rows > 1) {
    dot_tile_of<Rows - 1>(rows, columns, block);
  }
}

template <class T>
void dot_products(Index m, Index n, Index k, const T* a, Index lda, const T* b, Index ldb, double* sums) {
  constexpr Index kFlush = kTermsPerLane * kLanes<T>;
  for (Index p = 0; p < k; p += kFlush) {
    const Index terms = k - p < kFlush ? k - p : kFlush;
    for (Index i = 0; i < m; i += kDotRows) {
      const Index rows = m - i < kDotRows ? m - i : kDotRows;
      for (Index j = 0; j < n; j += kDotColumns) {
        const Index columns = n - j < kDotColumns ? n - j : kDotColumns;
        const DotBlock<T> block{terms, a + i * lda + p, lda, b + j * ldb + p, ldb, sums + i * n + j, n};
        dot_tile_of<kDotRows>(rows, columns, block);
      }
    }
  }
}

}  // namespace tessera::kernels::simd::TESSERA_SIMD_NAMESPACE
