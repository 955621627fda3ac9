#pragma once

/// \file
/// Products with matrices whose entries mirror each other, as those of a real Fourier transform along a whole line do:
/// sums and differences of mirrored rows of B or C take half of the multiplications.

#include "kernels/cpu/simd/multiply.hpp"

namespace tessera::kernels::simd::TESSERA_SIMD_NAMESPACE {

/// Register block: pairs of rows by vectors.
inline constexpr int kMirrorPairs = 5;
inline constexpr int kMirrorVectors = kVectorBytes == 64 ? 2 : 1;

/// Rows 2 i and 2 i + 1 of C for `Pairs` values of i, see multiply_mirrored_terms.
template <int Lanes, int Pairs, int Vectors, class T>
__attribute__((noinline)) void mirrored_terms_tile(const Product<T>& p, const Corner<T>& at) {
  const Index a_pair = 2 * p.a_row;
  Vector<T, Lanes> even[Pairs][Vectors] = {}, odd[Pairs][Vectors] = {};
  const auto add_even = [&](Index term) __attribute__((always_inline)) {
    const T* a = at.a + term * p.a_column;
    const T* b = at.b + term * p.b_row;
#pragma GCC unroll 8
    for (int v = 0; v < Vectors; ++v) {
      const Vector<T, Lanes> row = load<Lanes>(b + v * Lanes);
#pragma GCC unroll 8
      for (int i = 0; i < Pairs; ++i) even[i][v] += a[i * a_pair] * row;
    }
  };
  add_even(0);
  if (p.k % 2 == 0) add_even(p.k / 2);
  const Index a_row = p.a_row, a_column = p.a_column, b_row = p.b_row;
  const T* a = at.a + a_column;
  const T* up = at.b + b_row;
  const T* down = at.b + (p.k - 1) * b_row;
  for (Index term = (p.k - 1) / 2; term > 0; --term, a += a_column, up += b_row, down -= b_row) {
    Vector<T, Lanes> sum[Vectors], difference[Vectors];
#pragma GCC unroll 8
    for (int v = 0; v < Vectors; ++v) {
      const Vector<T, Lanes> left = load<Lanes>(up + v * Lanes), right = load<Lanes>(down + v * Lanes);
      sum[v] = left + right;
      difference[v] = left - right;
    }
#pragma GCC unroll 8
    for (int i = 0; i < Pairs; ++i) {
      const T symmetric = a[i * a_pair], antisymmetric = a[i * a_pair + a_row];
#pragma GCC unroll 8
      for (int v = 0; v < Vectors; ++v) {
        even[i][v] += symmetric * sum[v];
        odd[i][v] += antisymmetric * difference[v];
      }
    }
  }
  T* to = at.c;
#pragma GCC unroll 8
  for (int i = 0; i < Pairs; ++i) {
#pragma GCC unroll 8
    for (int v = 0; v < Vectors; ++v) store<Lanes>(to + v * Lanes, even[i][v]);
    advance(to, p.c_row);
#pragma GCC unroll 8
    for (int v = 0; v < Vectors; ++v) store<Lanes>(to + v * Lanes, odd[i][v]);
    advance(to, p.c_row);
  }
}

/// Rows first to first + Pairs - 1 of C and the rows that mirror them, see multiply_mirrored_rows.
template <int Lanes, int Pairs, int Vectors, class T>
__attribute__((noinline)) void mirrored_rows_tile(const Product<T>& p, const Corner<T>& at, Index first) {
  const Index a_row = p.a_row, a_column = p.a_column, b_row = p.b_row, c_row = p.c_row;
  Vector<T, Lanes> even[Pairs][Vectors] = {}, odd[Pairs][Vectors] = {};
  const T* a = at.a + first * a_row;
  const T* b = at.b;
  for (Index term = p.k / 2; term > 0; --term, a += 2 * a_column, b += 2 * b_row) {
    Vector<T, Lanes> symmetric[Vectors], antisymmetric[Vectors];
#pragma GCC unroll 8
    for (int v = 0; v < Vectors; ++v) {
      symmetric[v] = load<Lanes>(b + v * Lanes);
      antisymmetric[v] = load<Lanes>(b + b_row + v * Lanes);
    }
#pragma GCC unroll 8
    for (int i = 0; i < Pairs; ++i) {
      const T left = a[i * a_row], right = a[i * a_row + a_column];
#pragma GCC unroll 8
      for (int v = 0; v < Vectors; ++v) {
        even[i][v] += left * symmetric[v];
        odd[i][v] += right * antisymmetric[v];
      }
    }
  }
  T* up = at.c + first * c_row;
  T* down = at.c + (p.m - first) * c_row;
#pragma GCC unroll 8
  for (int i = 0; i < Pairs; ++i) {
#pragma GCC unroll 8
    for (int v = 0; v < Vectors; ++v) store<Lanes>(up + v * Lanes, even[i][v] + odd[i][v]);
    if (first + i > 0 && 2 * (first + i) < p.m) {
#pragma GCC unroll 8
      for (int v = 0; v < Vectors; ++v) store<Lanes>(down + v * Lanes, even[i][v] - odd[i][v]);
    }
    advance(up, c_row);
    advance(down, -c_row);
  }
}

/// use(std::integral_constant) of a number of pairs up to kMirrorPairs.
template <int Pairs = kMirrorPairs, class Use>
TESSERA_ALWAYS_INLINE void with_pairs(Index pairs, Use use) {
  if (pairs == Pairs) {
    use(std::integral_constant<int, Pairs>{});
  } else if constexpr (Pairs > 1) {
    with_pairs<Pairs - 1>(pairs, use);
  }
}

/// use(first, std::integral_constant) for blocks of nearly equal size.
template <class Use>
TESSERA_ALWAYS_INLINE void for_each_pair_block(Index pairs, Use use) {
  const Index blocks = (pairs + kMirrorPairs - 1) / kMirrorPairs;
  for (Index block = 0; block < blocks; ++block) {
    const Index first = pairs * block / blocks, last = pairs * (block + 1) / blocks;
    with_pairs(last - first, [&](auto count) { use(first, count); });
  }
}

/// use(column, lanes, vectors), the last two as std::integral_constant, so that all columns of C are computed, some
/// twice. Needs at least 16 bytes of columns.
template <class T, int Lanes = kLanes<T>, class Use>
TESSERA_ALWAYS_INLINE void for_each_overlapping_strip(Index columns, Use use) {
  if constexpr (Lanes * sizeof(T) > 16) {
    if (columns < Lanes) {
      for_each_overlapping_strip<T, Lanes / 2>(columns, use);
      return;
    }
  }
  constexpr std::integral_constant<int, Lanes> kLong{};
  Index column = 0;
  for (; columns - column >= kMirrorVectors * Lanes; column += kMirrorVectors * Lanes) {
    use(column, kLong, std::integral_constant<int, kMirrorVectors>{});
  }
  for (; columns - column >= Lanes; column += Lanes) use(column, kLong, std::integral_constant<int, 1>{});
  if (column < columns) use(columns - Lanes, kLong, std::integral_constant<int, 1>{});
}

template <class T>
inline constexpr Index kFewestColumns = 16 / static_cast<Index>(sizeof(T));

/// C = A B where a[2i, k - p] = a[2i, p] and a[2i + 1, k - p] = -a[2i + 1, p] for 0 < p < k, a[2i + 1, 0] = 0, m even.
template <class T>
void multiply_mirrored_terms(const Product<T>& p) {
  if (p.n < kFewestColumns<T>) return multiply(p);
  for_each_overlapping_strip<T>(p.n, [&](Index column, auto lanes, auto vectors) {
    for (Index item = 0; item < p.batch; ++item) {
      const Corner<T> at = item_at(p, column_at(p, corner_of(p), column), item);
      for_each_pair_block(p.m / 2, [&](Index first, auto pairs) {
        mirrored_terms_tile<lanes(), pairs(), vectors()>(p, row_at(p, at, 2 * first));
      });
    }
  });
}

/// C = A B where a[m - i, 2p] = a[i, 2p] and a[m - i, 2p + 1] = -a[i, 2p + 1] for 0 < i < m, k even.
template <class T>
void multiply_mirrored_rows(const Product<T>& p) {
  if (p.n < kFewestColumns<T>) return multiply(p);
  for_each_overlapping_strip<T>(p.n, [&](Index column, auto lanes, auto vectors) {
    for (Index item = 0; item < p.batch; ++item) {
      const Corner<T> at = item_at(p, column_at(p, corner_of(p), column), item);
      for_each_pair_block(
          p.m / 2 + 1, [&](Index first, auto pairs) { mirrored_rows_tile<lanes(), pairs(), vectors()>(p, at, first); });
    }
  });
}

}  // namespace tessera::kernels::simd::TESSERA_SIMD_NAMESPACE
