#pragma once

/// \file
/// Dot products of very long rows, the gradient of a small matrix,
///   G[i, j] = sum_p L[i, p] R[j, p],
/// where L and R are functors with axis (AxisRows of their rows) and at(row, address); keep(address, value) is told
/// what was read. A block gathers a tile of 64 x 64 products over its share of the columns, 32 columns at a time
/// through shared memory; a thread has 4 x 4 products to itself, and where these are fewer than the threads, the
/// threads share the columns. Sums are made in T over at most 1024 columns and beyond that in double; how the columns
/// are shared out depends on the sizes alone.

#include <algorithm>

#include "kernels/cuda/partial_sums.cuh"
#include "tessera/core/device_buffer.hpp"

namespace tessera::kernels::cuda {

inline constexpr int kDotRows = 64;
inline constexpr int kDotColumns = 32;
inline constexpr int kDotTile = 4;
inline constexpr int kDotFlush = 1024 / kDotColumns;

/// First stages that run beside each other, at most, and columns for which there is one more.
inline constexpr Index kMostDotParts = 512;
inline constexpr Index kDotPartColumns = 256;

template <class T>
struct DotTile {
  alignas(kPackBytes) T values[kDotColumns][kDotRows + 4];
};

/// Rows from first_row on of the columns from first_column on; zero past the last. All loads come before the first
/// store, so that they are under way together.
template <class T, class Rows>
__device__ void stage_rows(const Rows& source, Index first_row, Index rows, Index first_column, Index columns,
                           DotTile<T>& tile) {
  constexpr int kLoads = kDotRows * kDotColumns / kThreads;
  const bool by_rows = source.axis.has_short_runs();
  const int thread = static_cast<int>(threadIdx.x);
  const int side = by_rows ? kDotRows : kDotColumns;
  const int fast = thread % side, slow = thread / side, step = kThreads / side;
  Index column = by_rows ? 0 : source.axis.column(first_column + fast);
  T values[kLoads];
  Index addresses[kLoads];
#pragma unroll
  for (int n = 0; n < kLoads; ++n) {
    const int r = by_rows ? fast : slow + n * step, c = by_rows ? slow + n * step : fast;
    values[n] = 0;
    addresses[n] = -1;
    if (first_row + r >= rows || first_column + c >= columns) continue;
    if (by_rows) column = source.axis.column(first_column + c);
    addresses[n] = column + source.axis.row(first_row + r);
    values[n] = source.at(first_row + r, addresses[n]);
  }
#pragma unroll
  for (int n = 0; n < kLoads; ++n) {
    tile.values[by_rows ? slow + n * step : fast][by_rows ? fast : slow + n * step] = values[n];
    if (addresses[n] >= 0) source.keep(addresses[n], values[n]);
  }
}

template <class T>
struct DotSums {
  T value[kDotTile][kDotTile] = {};
};

template <class T>
__device__ void read_tile_rows(const DotTile<T>& tile, int column, int first, T (&values)[kDotTile]) {
  for (int r = 0; r < kDotTile; r += kPackLanes<T>) {
    const auto pack = load<kPackLanes<T>>(&tile.values[column][first + r]);
    for (int i = 0; i < kPackLanes<T>; ++i) values[r + i] = pack.lane[i];
  }
}

/// A thread's products, and which of the columns it takes.
struct DotShare {
  int left, right;    ///< first rows
  int split, splits;  ///< takes columns split, split + splits, ...
  int tile, tiles;    ///< number among the tiles of 4 x 4

  __device__ DotShare(Index left_rows, Index right_rows) {
    const int across = static_cast<int>((min(right_rows, static_cast<Index>(kDotRows)) + kDotTile - 1) / kDotTile);
    const int down = static_cast<int>((min(left_rows, static_cast<Index>(kDotRows)) + kDotTile - 1) / kDotTile);
    tiles = down * across;
    splits = min(kThreads / tiles, kDotColumns);
    tile = static_cast<int>(threadIdx.x) % tiles;
    split = static_cast<int>(threadIdx.x) / tiles;
    left = tile / across * kDotTile;
    right = tile % across * kDotTile;
  }
};

template <class T>
__device__ void add_dots(const DotShare& share, const DotTile<T>& left, const DotTile<T>& right, DotSums<T>& sums) {
  if (share.split >= share.splits) return;
#pragma unroll 2
  for (int column = share.split; column < kDotColumns; column += share.splits) {
    T a[kDotTile], b[kDotTile];
    read_tile_rows(left, column, share.left, a);
    read_tile_rows(right, column, share.right, b);
    for (int i = 0; i < kDotTile; ++i) {
      for (int j = 0; j < kDotTile; ++j) sums.value[i][j] += a[i] * b[j];
    }
  }
}

template <class T>
__device__ void flush(DotSums<T>& sums, DotSums<double>& totals) {
  for (int i = 0; i < kDotTile; ++i) {
    for (int j = 0; j < kDotTile; ++j) {
      totals.value[i][j] += static_cast<double>(sums.value[i][j]);
      sums.value[i][j] = 0;
    }
  }
}

/// Adds up, one after another, what the threads of the same products have: the last of them gets the sums.
__device__ inline void add_splits(const DotShare& share, double* memory, DotSums<double>& totals) {
  for (int turn = 0; turn < share.splits; ++turn) {
    __syncthreads();
    if (share.split != turn) continue;
    for (int e = 0; e < kDotTile * kDotTile; ++e) {
      double& total = totals.value[e / kDotTile][e % kDotTile];
      double& passed_on = memory[e * share.tiles + share.tile];
      if (turn > 0) total += passed_on;
      if (turn + 1 < share.splits) passed_on = total;
    }
  }
}

/// Blocks that share a processor, at least: one loads while another multiplies.
template <class T>
inline constexpr int kDotBlocksTogether = sizeof(T) == 4 ? 2 : 1;

/// partial[part, i, j] = the part's share of G. Grid: parts x tiles of 64 x 64.
template <class T, class Left, class Right>
__global__ void __launch_bounds__(kThreads, kDotBlocksTogether<T>)
    multiply_long_rows(Index left_rows, Index right_rows, Index columns, Left left, Right right, double* partial) {
  __shared__ Shared<DotTile<T>[2]> tiles;
  static_assert(sizeof(tiles) >= sizeof(double) * kThreads / 2 * kDotTile * kDotTile);
  const Index across = (right_rows + kDotRows - 1) / kDotRows;
  const Index first_left = blockIdx.y / across * kDotRows, first_right = blockIdx.y % across * kDotRows;
  const DotShare share(left_rows - first_left, right_rows - first_right);
  DotSums<T> sums;
  DotSums<double> totals;
  int unflushed = 0;
  for (Index first = static_cast<Index>(blockIdx.x) * kDotColumns; first < columns;
       first += static_cast<Index>(gridDim.x) * kDotColumns) {
    __syncthreads();
    stage_rows(left, first_left, left_rows, first, columns, tiles[0]);
    stage_rows(right, first_right, right_rows, first, columns, tiles[1]);
    __syncthreads();
    add_dots(share, tiles[0], tiles[1], sums);
    if (++unflushed < kDotFlush) continue;
    flush(sums, totals);
    unflushed = 0;
  }
  flush(sums, totals);
  add_splits(share, reinterpret_cast<double*>(&tiles[0]), totals);
  if (share.split != share.splits - 1) return;
  double* part = partial + static_cast<Index>(blockIdx.x) * left_rows * right_rows;
  for (int i = 0; i < kDotTile; ++i) {
    for (int j = 0; j < kDotTile; ++j) {
      const Index row = first_left + share.left + i, column = first_right + share.right + j;
      if (row < left_rows && column < right_rows) part[row * right_rows + column] = totals.value[i][j];
    }
  }
}

/// Puts both stages on the stream: target.add(i right_rows + j, G[i, j]).
template <class T, class Left, class Right, class Target>
void launch_dot_products(const Stream& stream, const char* kernel, Index left_rows, Index right_rows, Index columns,
                         const Left& left, const Right& right, const Target& target) {
  if (left_rows <= 0 || right_rows <= 0 || columns <= 0) return;
  const Index parts = std::clamp<Index>((columns + kDotPartColumns - 1) / kDotPartColumns, 1, kMostDotParts);
  const Index tiles = ((left_rows + kDotRows - 1) / kDotRows) * ((right_rows + kDotRows - 1) / kDotRows);
  DeviceBuffer<double> partial(stream, parts * left_rows * right_rows);
  const dim3 grid(static_cast<unsigned>(parts), static_cast<unsigned>(tiles));
  launch(stream, kernel, multiply_long_rows<T, Left, Right>, grid, kThreads, 0, left_rows, right_rows, columns, left,
         right, partial.data());
  launch_add_parts(stream, kernel, parts, left_rows * right_rows, partial.data(), target);
}

}  // namespace tessera::kernels::cuda
