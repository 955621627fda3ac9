#pragma once

/// \file
/// A small matrix times a matrix of very many columns,
///   C[r, p] = sum_t M[r, t] B[t, p],
/// where M, B and what becomes of C are given by functors:
///   M: kTermsContiguous, whether neighbouring terms or neighbouring rows lie side by side; at(r, t)
///   B: axis (AxisRows of the terms); at(t, address)
///   C: kParts, axis (AxisRows<kParts> of the rows); initial(r, address), where the sum begins;
///      store(address, value), and for complex results store_pair(address, real, imaginary)
/// A block computes up to 64 rows of 128 columns, so that B is read once where M has no more rows. M and B go through
/// shared memory a chunk of terms at a time. Every warp stores 8 rows, every lane of it 4 columns 32 apart: global
/// accesses of a warp are to neighbouring columns. Sums are made in T.

#include <algorithm>
#include <type_traits>

#include "kernels/cuda/product_tiles.cuh"
#include "kernels/cuda/shared_memory.cuh"
#include "kernels/product_precision.hpp"

namespace tessera::kernels::cuda {

/// `Way`: of multiplying, see product_tiles.cuh.
template <class Way, int Threads, class T, class Matrix>
__device__ void stage_matrix(const Matrix& matrix, Index rows, Index first_row, Index first_term, int count,
                             ProductTiles<T, Threads>& tiles) {
  for (int e = static_cast<int>(threadIdx.x); e < kTileTerms<T> * kTileRows<Threads>; e += Threads) {
    const int row = Matrix::kTermsContiguous ? e / kTileTerms<T> : e % kTileRows<Threads>;
    const int term = Matrix::kTermsContiguous ? e % kTileTerms<T> : e / kTileRows<Threads>;
    const bool inside = term < count && first_row + row < rows;
    tiles.matrix[term][row] = Way::factor(inside ? matrix.at(first_row + row, first_term + term) : T(0));
  }
}

/// `own_column`: offset of the column that this thread stages when it goes through columns.
template <class Way, int Threads, class T, class Source>
__device__ void stage_terms(const Source& source, Index first_column, Index columns, Index own_column, Index first_term,
                            int count, ProductTiles<T, Threads>& tiles) {
  const int thread = static_cast<int>(threadIdx.x);
  const int staged = (count + Way::kTermsTogether - 1) / Way::kTermsTogether * Way::kTermsTogether;
  const auto stage = [&](int term, int column, Index address_of_column) {
    const Index row = first_term + term;
    const T value = term < count ? source.at(row, address_of_column + source.axis.row(row)) : T(0);
    tiles.terms[term][column] = Way::factor(value);
  };
  if (source.axis.has_short_runs()) {
    const int term = thread % kTileTerms<T>;
    for (int column = thread / kTileTerms<T>; column < kTileColumns; column += Threads / kTileTerms<T>) {
      if (term >= staged || first_column + column >= columns) continue;
      stage(term, column, source.axis.column(first_column + column));
    }
    return;
  }
  const int column = thread % kTileColumns;
  if (first_column + column >= columns) return;
#pragma unroll 4
  for (int term = thread / kTileColumns; term < staged; term += Threads / kTileColumns) {
    stage(term, column, own_column);
  }
}

/// All at once: what is loaded here is on its way together. `first_row`: of this warp.
template <class T, class Target>
__device__ void begin_sums(const Target& target, Index rows, Index first_row, Index first_column, Index columns,
                           ProductSums<T>& sums) {
  const int lane = lane_of_warp();
#pragma unroll
  for (int j = 0; j < kLaneColumns; ++j) {
    const Index p = first_column + lane + j * kWarp;
    const Index column = target.axis.column(p);
#pragma unroll
    for (int r = 0; r < kWarpRows; ++r) {
      const bool inside = p < columns && first_row + r < rows;
      sums.value[r][j] = inside ? target.initial(first_row + r, column + target.axis.row(first_row + r)) : T(0);
    }
  }
}

template <class T, class Target>
__device__ void store_columns(const Target& target, Index rows, Index first_row, Index first_column, Index columns,
                              const ProductSums<T>& sums) {
  const int lane = lane_of_warp();
#pragma unroll
  for (int j = 0; j < kLaneColumns; ++j) {
    const Index p = first_column + lane + j * kWarp;
    if (p >= columns) continue;
    const Index column = target.axis.column(p);
#pragma unroll
    for (int r = 0; r < kWarpRows; r += Target::kParts) {
      if (first_row + r >= rows) continue;
      const Index address = column + target.axis.row(first_row + r);
      if constexpr (Target::kParts == 2) {
        target.store_pair(address, sums.value[r][j], sums.value[r + 1][j]);
      } else {
        target.store(address, sums.value[r][j]);
      }
    }
  }
}

/// The same with neighbouring lanes at neighbouring rows. `turn`: 256 numbers of shared memory to this warp alone; row
/// r is rotated by 4 r in it, so that lanes meet different banks both ways.
template <class T, class Target>
__device__ void store_rows(const Target& target, Index rows, Index first_row, Index first_column, Index columns,
                           const ProductSums<T>& sums, T* turn) {
  const int lane = lane_of_warp();
  const int row = lane % kWarpRows;
#pragma unroll
  for (int j = 0; j < kLaneColumns; ++j) {
    __syncwarp();
#pragma unroll
    for (int r = 0; r < kWarpRows; ++r) turn[r * kWarp + (lane + 4 * r) % kWarp] = sums.value[r][j];
    __syncwarp();
    for (int column = lane / kWarpRows; column < kWarp; column += kWarp / kWarpRows) {
      const Index p = first_column + column + j * kWarp;
      if (p >= columns || first_row + row >= rows) continue;
      const Index address = target.axis.column(p) + target.axis.row(first_row + row);
      target.store(address, turn[row * kWarp + (column + 4 * row) % kWarp]);
    }
  }
}

/// Blocks take the row tiles of the same columns one after another, while what these share is in the cache.
template <class Way, int Threads, class T, class Matrix, class Source, class Target>
__global__ void __launch_bounds__(Threads, Way::kThreadsTogether / Threads)
    multiply_columns(Index rows, Index terms, Index columns, Matrix matrix, Source source, Target target) {
  __shared__ Shared<ProductTiles<T, Threads>> tiles;
  const int warp = warp_of_block();
  const Index row_tiles = (rows + kTileRows<Threads> - 1) / kTileRows<Threads>;
  const Index items = row_tiles * ((columns + kTileColumns - 1) / kTileColumns);
  for (Index item = blockIdx.x; item < items; item += gridDim.x) {
    const Index first_row = item % row_tiles * kTileRows<Threads>;
    const Index first_column = item / row_tiles * kTileColumns;
    const Index own_column = source.axis.column(first_column + threadIdx.x % kTileColumns);
    const Index warp_row = first_row + warp * kWarpRows;
    Way way;
    ProductSums<T> sums;
    const auto begin = [&] { begin_sums(target, rows, warp_row, first_column, columns, sums); };
    if constexpr (Way::kInPlace) begin();
    for (Index first_term = 0; first_term < terms; first_term += kTileTerms<T>) {
      const int count = static_cast<int>(min(terms - first_term, static_cast<Index>(kTileTerms<T>)));
      __syncthreads();
      stage_matrix<Way, Threads>(matrix, rows, first_row, first_term, count, tiles);
      stage_terms<Way, Threads>(source, first_column, columns, own_column, first_term, count, tiles);
      __syncthreads();
      way.add(tiles, count, rows - first_row, sums);
    }
    if constexpr (!Way::kInPlace) {
      begin();
      way.finish(tiles, sums);
    }
    if (target.axis.has_short_runs()) {
      __syncthreads();
      static_assert(kTileTerms<T> * (kTileColumns + 1) >= Threads * kWarpRows);
      store_rows(target, rows, warp_row, first_column, columns, sums, &tiles.terms[0][0] + warp * kWarp * kWarpRows);
    } else if (warp_row < rows) {
      store_columns(target, rows, warp_row, first_column, columns, sums);
    }
  }
}

/// Puts the product on the stream; `kernel` names it in errors.
template <class T, class Matrix, class Source, class Target>
void launch_column_product(const Stream& stream, const char* kernel, Index rows, Index terms, Index columns,
                           const Matrix& matrix, const Source& source, const Target& target, Products products) {
  if (rows <= 0 || columns <= 0) return;
  const auto launch_with = [&](auto threads, auto way) {
    constexpr int kBlock = decltype(threads)::value;
    const Index row_tiles = (rows + kTileRows<kBlock> - 1) / kTileRows<kBlock>;
    const Index items = row_tiles * ((columns + kTileColumns - 1) / kTileColumns);
    const auto blocks = static_cast<unsigned>(std::min(items, kMaxBlocks));
    launch(stream, kernel, multiply_columns<typename decltype(way)::type, kBlock, T, Matrix, Source, Target>, blocks,
           kBlock, 0, rows, terms, columns, matrix, source, target);
  };
  const auto launch_threads = [&](auto threads) {
    constexpr int kBlock = decltype(threads)::value;
    if constexpr (std::is_same_v<T, float>) {
      if (products == Products::tensor_float32)
        return launch_with(threads, std::type_identity<TensorProducts<kBlock>>{});
    }
    launch_with(threads, std::type_identity<LaneProducts<T, kBlock>>{});
  };
  if (rows <= kTileRows<128>) {
    launch_threads(std::integral_constant<int, 128>{});
  } else {
    launch_threads(std::integral_constant<int, 256>{});
  }
}

/// C stored as it is, with a bias for every row (null: none).
template <class T>
struct PlainTarget {
  static constexpr int kParts = 1;
  AxisRows<1> axis;
  T* values;
  const T* bias;

  __device__ T initial(Index row, Index) const { return bias != nullptr ? bias[row] : T(0); }
  __device__ void store(Index address, T value) const { values[address] = value; }
};

/// A matrix in memory, rows or terms contiguous.
template <class T, bool TermsContiguous>
struct StoredMatrix {
  static constexpr bool kTermsContiguous = TermsContiguous;
  const T* values;
  Index pitch;

  __device__ T at(Index row, Index term) const {
    return TermsContiguous ? values[row * pitch + term] : values[term * pitch + row];
  }
};

}  // namespace tessera::kernels::cuda
