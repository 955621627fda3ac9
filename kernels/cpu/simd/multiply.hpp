#pragma once

/// \file
/// Broadcast products: entries of A against contiguous pieces of B's rows, accumulated in registers.

#include "kernels/cpu/simd/vector.hpp"

namespace tessera::kernels::simd::TESSERA_SIMD_NAMESPACE {

/// Register block: rows of C by vectors of C. 512-bit code has 32 registers, the others count on 16.
inline constexpr int kTileRows = kVectorBytes == 64 ? 8 : (kVectorBytes == 32 ? 6 : 4);
inline constexpr int kTileVectors = kVectorBytes == 64 ? 3 : 2;

/// Rows of C and terms of the sum handled together, so that A's part stays in the second-level cache.
inline constexpr Index kRowBlock = 128;
inline constexpr Index kTermBlock = 256;

/// Bytes of B copied to contiguous memory at a time: half of a first-level cache.
inline constexpr Index kPackBytes = 24 * 1024;

template <class T>
TESSERA_ALWAYS_INLINE Product<T> skip_rows(Product<T> p, Index first, Index count) {
  p.m = count;
  p.a += first * p.a_row;
  p.c += first * p.c_row;
  if (p.initial) p.initial += first * p.initial_row;
  return p;
}

template <class T>
TESSERA_ALWAYS_INLINE Product<T> skip_columns(Product<T> p, Index first, Index count) {
  p.n = count;
  p.b += first;
  p.c += first;
  if (p.initial) p.initial += first * p.initial_column;
  return p;
}

template <class T>
TESSERA_ALWAYS_INLINE Product<T> batch_item(Product<T> p, Index item) {
  p.batch = 1;
  p.b += item * p.b_batch;
  p.c += item * p.c_batch;
  if (p.initial) p.initial += item * p.initial_batch;
  return p;
}

template <class T>
TESSERA_ALWAYS_INLINE Product<T> skip_terms(Product<T> p, Index first, Index count) {
  p.k = count;
  p.a += first * p.a_column;
  p.b += first * p.b_row;
  if (first > 0) {
    p.initial = p.c;
    p.initial_row = p.c_row;
    p.initial_column = 1;
    p.initial_batch = p.c_batch;
  }
  return p;
}

/// Where a part of a product begins. Parts are found by moving these pointers: copying a whole description per register
/// block would cost a tenth of the work.
template <class T>
struct Corner {
  const T* a;
  const T* b;
  T* c;
  const T* initial;
};

template <class T>
TESSERA_ALWAYS_INLINE Corner<T> corner_of(const Product<T>& p) {
  return {p.a, p.b, p.c, p.initial};
}

template <class T>
TESSERA_ALWAYS_INLINE Corner<T> row_at(const Product<T>& p, const Corner<T>& at, Index row) {
  return {at.a + row * p.a_row, at.b, at.c + row * p.c_row, at.initial ? at.initial + row * p.initial_row : nullptr};
}

template <class T>
TESSERA_ALWAYS_INLINE Corner<T> item_at(const Product<T>& p, const Corner<T>& at, Index item) {
  return {at.a, at.b + item * p.b_batch, at.c + item * p.c_batch,
          at.initial ? at.initial + item * p.initial_batch : nullptr};
}

template <class T>
TESSERA_ALWAYS_INLINE Corner<T> column_at(const Product<T>& p, const Corner<T>& at, Index column) {
  return {at.a, at.b + column, at.c + column, at.initial ? at.initial + column * p.initial_column : nullptr};
}

/// To the next row. The compiler is kept from turning the rows' addresses into a register or a stack slot each.
template <class T>
TESSERA_ALWAYS_INLINE void advance(T*& pointer, Index distance) {
  pointer += distance;
  asm("" : "+r"(pointer));
}

/// sums = the Rows x (Lanes * Vectors) entries of `initial` from a corner on.
template <int Lanes, int Rows, int Vectors, class T>
TESSERA_ALWAYS_INLINE void load_initial(const Product<T>& p, const T* from, Vector<T, Lanes> (&sums)[Rows][Vectors]) {
  if (p.initial_column == 1) {
#pragma GCC unroll 8
    for (int r = 0; r < Rows; ++r, advance(from, p.initial_row)) {
#pragma GCC unroll 8
      for (int v = 0; v < Vectors; ++v) sums[r][v] = load<Lanes>(from + v * Lanes);
    }
    return;
  }
#pragma GCC unroll 8
  for (int r = 0; r < Rows; ++r, advance(from, p.initial_row)) {
    sums[r][0] = broadcast<Lanes>(*from);
#pragma GCC unroll 8
    for (int v = 1; v < Vectors; ++v) sums[r][v] = sums[r][0];
  }
}

/// C's Rows x (Lanes * Vectors) entries from a corner on.
template <int Lanes, int Rows, int Vectors, class T>
__attribute__((noinline)) void tile(const Product<T>& p, const Corner<T>& at) {
  Vector<T, Lanes> sums[Rows][Vectors] = {};
  if (at.initial) load_initial<Lanes>(p, at.initial, sums);
  if constexpr (Lanes == kLanes<T>) {
    // C's lines arrive during the sum; a store that misses the cache would hold up those behind it.
    if (p.far) {
      T* to = at.c;
#pragma GCC unroll 8
      for (int r = 0; r < Rows; ++r, advance(to, p.c_row)) {
#pragma GCC unroll 8
        for (int v = 0; v < Vectors; ++v) __builtin_prefetch(to + v * Lanes, 1);
      }
    }
  }
  const Index a_row = p.a_row, a_column = p.a_column, b_row = p.b_row;
  const T* a = at.a;
  const T* b = at.b;
  for (Index term = p.k; term > 0; --term, a += a_column, b += b_row) {
    Vector<T, Lanes> row[Vectors];
#pragma GCC unroll 8
    for (int v = 0; v < Vectors; ++v) row[v] = load<Lanes>(b + v * Lanes);
#pragma GCC unroll 8
    for (int r = 0; r < Rows; ++r) {
      const T factor = a[r * a_row];
#pragma GCC unroll 8
      for (int v = 0; v < Vectors; ++v) sums[r][v] += factor * row[v];
    }
  }
  T* to = at.c;
#pragma GCC unroll 8
  for (int r = 0; r < Rows; ++r, advance(to, p.c_row)) {
#pragma GCC unroll 8
    for (int v = 0; v < Vectors; ++v) store<Lanes>(to + v * Lanes, sums[r][v]);
  }
}

template <int Lanes, int Vectors, int Rows, class T>
TESSERA_ALWAYS_INLINE void tile_of_rows(Index rows, const Product<T>& p, const Corner<T>& at) {
  if (rows == Rows) {
    tile<Lanes, Rows, Vectors>(p, at);
  } else if constexpr (Rows > 1) {
    tile_of_rows<Lanes, Vectors, Rows - 1>(rows, p, at);
  }
}

/// Rows in blocks of nearly equal height: `tall` blocks of height + 1, then `low` ones of height.
struct RowBlocks {
  Index tall, low, height;
};

TESSERA_ALWAYS_INLINE RowBlocks row_blocks(Index rows) {
  const Index blocks = (rows + kTileRows - 1) / kTileRows;
  const Index height = rows / blocks;
  const Index tall = rows - height * blocks;
  return {tall, blocks - tall, height};
}

/// All rows of a strip of Lanes * Vectors columns, of every C of the batch.
template <int Lanes, int Vectors, class T>
TESSERA_ALWAYS_INLINE void strip(const Product<T>& p, const RowBlocks& rows, const Corner<T>& first) {
  for (Index item = 0; item < p.batch; ++item) {
    Corner<T> at = item_at(p, first, item);
    for (Index i = 0; i < rows.tall; ++i) {
      tile_of_rows<Lanes, Vectors, kTileRows>(rows.height + 1, p, at);
      at = row_at(p, at, rows.height + 1);
    }
    for (Index i = 0; i < rows.low; ++i) {
      tile_of_rows<Lanes, Vectors, kTileRows>(rows.height, p, at);
      at = row_at(p, at, rows.height);
    }
  }
}

/// Fewer columns than the shortest vector holds, computed on zero-padded copies. p.k <= kTermBlock.
template <int Lanes, class T>
void padded_strip(const Product<T>& whole) {
  T b[kTermBlock * Lanes] = {};
  T c[kTileRows * Lanes] = {};
  for (Index item = 0; item < whole.batch; ++item) {
    const Product<T> p = batch_item(whole, item);
    for (Index term = 0; term < p.k; ++term) {
      for (Index j = 0; j < p.n; ++j) b[term * Lanes + j] = p.b[term * p.b_row + j];
    }
    for (Index row = 0; row < p.m; row += kTileRows) {
      Product<T> part = skip_rows(p, row, p.m - row < kTileRows ? p.m - row : kTileRows);
      T* target = part.c;
      if (part.initial) {
        for (Index i = 0; i < part.m; ++i) {
          for (Index j = 0; j < p.n; ++j) c[i * Lanes + j] = part.initial[i * p.initial_row + j * p.initial_column];
        }
        part.initial = c;
        part.initial_row = Lanes;
        part.initial_column = 1;
      }
      part.b = b;
      part.b_row = Lanes;
      part.c = c;
      part.c_row = Lanes;
      strip<Lanes, 1>(part, row_blocks(part.m), corner_of(part));
      for (Index i = 0; i < part.m; ++i) {
        for (Index j = 0; j < p.n; ++j) target[i * p.c_row + j] = c[i * Lanes + j];
      }
    }
  }
}

/// Columns from `column` on that do not fill a register: half registers, quarter registers, and a last vector that
/// overlaps the one before it where C is not also an input, or else padded copies.
template <int Lanes, class T>
void narrow_columns(const Product<T>& p, Index column) {
  if (p.n - column >= Lanes) {
    strip<Lanes, 1>(p, row_blocks(p.m), column_at(p, corner_of(p), column));
    column += Lanes;
  }
  if (column == p.n) return;
  if constexpr (Lanes * sizeof(T) > 16) {
    narrow_columns<Lanes / 2>(p, column);
  } else if (p.n >= Lanes && p.initial != p.c) {
    strip<Lanes, 1>(p, row_blocks(p.m), column_at(p, corner_of(p), p.n - Lanes));
  } else {
    padded_strip<Lanes>(skip_columns(p, column, p.n - column));
  }
}

/// All columns in strips as wide as registers allow; a rest of four vectors is cut in two pairs.
template <class T>
void all_columns(const Product<T>& p) {
  constexpr Index kLong = kLanes<T>;
  const RowBlocks rows = row_blocks(p.m);
  Index column = 0;
  if constexpr (kTileVectors == 3) {
    for (; p.n - column >= 3 * kLong && (p.n - column) / kLong != 4; column += 3 * kLong) {
      strip<kLong, 3>(p, rows, column_at(p, corner_of(p), column));
    }
  }
  for (; p.n - column >= 2 * kLong; column += 2 * kLong) strip<kLong, 2>(p, rows, column_at(p, corner_of(p), column));
  if (column < p.n) narrow_columns<kLong>(p, column);
}

/// Copies the k x n block of B to `packed`, rows `n` apart, and asks for the block that follows it.
template <class T>
void pack(const Product<T>& p, T* packed) {
  constexpr Index kLine = 64 / sizeof(T);
  for (Index term = 0; term < p.k; ++term) {
    const T* from = p.b + term * p.b_row;
    for (Index j = 0; j < p.n; j += kLine) __builtin_prefetch(from + p.n + j, 0, 2);
    for (Index j = 0; j < p.n; ++j) packed[term * p.n + j] = from[j];
  }
}

/// Columns of B packed at a time, 0: not packed. Where several row blocks read the same long rows of B, a block of
/// columns is packed first: rows a power of two apart would otherwise push each other out of the cache.
template <class T>
Index packed_columns(const Product<T>& p) {
  constexpr Index kStrip = kTileVectors * kLanes<T>;
  const Index fitting = static_cast<Index>(kPackBytes / sizeof(T)) / p.k / kStrip * kStrip;
  return p.batch == 1 && p.m > 3 * kTileRows && p.n > fitting ? fitting : 0;
}

/// One block of terms.
template <class T>
void multiply_terms(const Product<T>& p) {
  alignas(64) T packed[kPackBytes / sizeof(T)];
  const Index fitting = packed_columns(p);
  const Index width = fitting > 0 ? fitting : 8 * kTileVectors * kLanes<T>;
  for (Index column = 0; column < p.n; column += width) {
    Product<T> block = skip_columns(p, column, p.n - column < width ? p.n - column : width);
    if (fitting > 0) {
      pack(block, packed);
      block.b = packed;
      block.b_row = block.n;
    }
    for (Index row = 0; row < p.m; row += kRowBlock) {
      all_columns(skip_rows(block, row, p.m - row < kRowBlock ? p.m - row : kRowBlock));
    }
  }
}

template <class T>
void multiply(const Product<T>& p) {
  if (p.m <= 0 || p.n <= 0) return;
  if (p.k <= 0 || (p.k <= kTermBlock && p.m <= kRowBlock && packed_columns(p) == 0)) {
    all_columns(p);
    return;
  }
  for (Index term = 0; term < p.k; term += kTermBlock) {
    multiply_terms(skip_terms(p, term, p.k - term < kTermBlock ? p.k - term : kTermBlock));
  }
}

}  // namespace tessera::kernels::simd::TESSERA_SIMD_NAMESPACE
