#pragma once

/// \file
/// What a block of threads computes of a projection: 64 points at a time, 64 hidden channels at a time. The threads are
/// a square of 16 x 16, those of a half warp beside each other along points; each has 4 hidden channels or WidthRows
/// channels, by 4 points. Sums are made in T over the 64 points of a tile.

#include <algorithm>

#include "kernels/arithmetic/gelu.hpp"
#include "kernels/cuda/axis_rows.cuh"
#include "kernels/projection.hpp"

namespace tessera::kernels::cuda {

inline constexpr int kSide = 16;
inline constexpr int kQuad = 4;
inline constexpr int kPoints = kSide * kQuad;
inline constexpr int kHiddenTile = kSide * kQuad;

/// Outputs computed in one pass over the hidden channels.
inline constexpr int kOutputGroup = kThreads / kPoints;

/// Rows in shared memory begin at multiples of 16 bytes, in different banks.
template <class T>
inline constexpr int kPointPitch = kPoints + kPackLanes<T>;
template <class T, int WidthRows>
inline constexpr int kWidthPitch = kSide* WidthRows + kPackLanes<T>;

/// A block's shared memory.
template <class T, int WidthRows>
struct ProjectionTiles {
  alignas(kPackBytes) T v[kSide * WidthRows][kPointPitch<T>];
  alignas(kPackBytes) T weight1[kHiddenTile][kWidthPitch<T, WidthRows>];
  alignas(kPackBytes) T gradient[kHiddenTile][kPointPitch<T>];  ///< with respect to the hidden channels
  alignas(kPackBytes) T outputs[kOutputGroup][kSide][kPoints];  ///< what each row of threads adds to them
};

/// Behind them, [outputs, kPoints]: dL/dy.
template <class T, int WidthRows>
__device__ T* output_gradient(ProjectionTiles<T, WidthRows>& tiles) {
  return reinterpret_cast<T*>(&tiles + 1);
}

/// This thread's place in the square.
__device__ inline int thread_row() { return static_cast<int>(threadIdx.x) / kSide; }
__device__ inline int thread_column() { return static_cast<int>(threadIdx.x) % kSide; }

template <class T, int Count>
__device__ void read(const T* from, T (&values)[Count]) {
  constexpr int kLanes = Count < kPackLanes<T> ? Count : kPackLanes<T>;
  for (int i = 0; i < Count; i += kLanes) {
    const auto pack = load<kLanes>(from + i);
    for (int lane = 0; lane < kLanes; ++lane) values[i + lane] = pack.lane[lane];
  }
}

/// The sum over a half warp, which is a row of the square, on each of its lanes.
template <class T>
__device__ T sum_of_row(T value) {
  for (int distance = kSide / 2; distance > 0; distance /= 2) {
    value += __shfl_xor_sync(0xffffffffu, value, distance);
  }
  return value;
}

template <class T, int WidthRows>
__device__ void stage_points(const Projection<T>& projection, Index points, Index first_point, const T* v,
                             ProjectionTiles<T, WidthRows>& tiles) {
  const int p = static_cast<int>(threadIdx.x) % kPoints;
#pragma unroll 4
  for (int i = static_cast<int>(threadIdx.x) / kPoints; i < kSide * WidthRows; i += kThreads / kPoints) {
    const bool inside = i < projection.width && first_point + p < points;
    tiles.v[i][p] = inside ? v[i * points + first_point + p] : T(0);
  }
}

template <class T, int WidthRows>
__device__ void stage_weights(const Projection<T>& projection, Index first_hidden,
                              ProjectionTiles<T, WidthRows>& tiles) {
  constexpr int kWidth = kSide * WidthRows;
#pragma unroll 4
  for (int e = static_cast<int>(threadIdx.x); e < kHiddenTile * kWidth; e += kThreads) {
    const int j = e / kWidth, i = e % kWidth;
    const bool inside = i < projection.width && first_hidden + j < projection.hidden;
    tiles.weight1[j][i] = inside ? projection.weight1[(first_hidden + j) * projection.width + i] : T(0);
  }
}

/// h[r][c]: hidden channel 4 thread_row() + r at point 4 thread_column() + c; zero past the last channel.
template <class T, int WidthRows>
__device__ void hidden_values(const Projection<T>& projection, Index first_hidden,
                              const ProjectionTiles<T, WidthRows>& tiles, T (&h)[kQuad][kQuad]) {
  const int row = thread_row() * kQuad, column = thread_column() * kQuad;
  for (int r = 0; r < kQuad; ++r) {
    const Index j = first_hidden + row + r;
    const T bias = j < projection.hidden ? projection.bias1[j] : T(0);
    for (int c = 0; c < kQuad; ++c) h[r][c] = bias;
  }
  for (int i = 0; i < static_cast<int>(projection.width); i += kPackLanes<T>) {
    T weight[kQuad][kPackLanes<T>];
    for (int r = 0; r < kQuad; ++r) read(&tiles.weight1[row + r][i], weight[r]);
    for (int lane = 0; lane < kPackLanes<T>; ++lane) {
      T v[kQuad];
      read(&tiles.v[i + lane][column], v);
      for (int r = 0; r < kQuad; ++r) {
        for (int c = 0; c < kQuad; ++c) h[r][c] += weight[r][lane] * v[c];
      }
    }
  }
}

/// Output o, zero for channels past the last.
template <class T>
__device__ void output_weights(const Projection<T>& projection, Index first_hidden, Index o, T (&weight)[kQuad]) {
  for (int r = 0; r < kQuad; ++r) {
    const Index j = first_hidden + thread_row() * kQuad + r;
    weight[r] = j < projection.hidden ? projection.weight2[o * projection.hidden + j] : T(0);
  }
}

/// One pass over the hidden channels: the output first_output + thread / 64 at point thread % 64, without meaning where
/// there is no such output.
template <class T, int WidthRows>
__device__ T output_value(const Projection<T>& projection, Index first_output, ProjectionTiles<T, WidthRows>& tiles) {
  T sums[kOutputGroup][kQuad] = {};
  for (Index first_hidden = 0; first_hidden < projection.hidden; first_hidden += kHiddenTile) {
    __syncthreads();
    stage_weights(projection, first_hidden, tiles);
    __syncthreads();
    T h[kQuad][kQuad];
    hidden_values(projection, first_hidden, tiles, h);
    for (int r = 0; r < kQuad; ++r) {
      for (int c = 0; c < kQuad; ++c) h[r][c] = gelu_value(h[r][c]);
    }
#pragma unroll
    for (int o = 0; o < kOutputGroup; ++o) {
      if (first_output + o >= projection.out) break;
      T weight[kQuad];
      output_weights(projection, first_hidden, first_output + o, weight);
      for (int r = 0; r < kQuad; ++r) {
        for (int c = 0; c < kQuad; ++c) sums[o][c] += weight[r] * h[r][c];
      }
    }
  }
  __syncthreads();
  for (int o = 0; o < kOutputGroup; ++o) {
    for (int c = 0; c < kQuad; ++c) tiles.outputs[o][thread_row()][thread_column() * kQuad + c] = sums[o][c];
  }
  __syncthreads();
  const int o = static_cast<int>(threadIdx.x) / kPoints, p = static_cast<int>(threadIdx.x) % kPoints;
  T y = first_output + o < projection.out ? projection.bias2[first_output + o] : T(0);
  for (int row = 0; row < kSide; ++row) y += tiles.outputs[o][row][p];
  return y;
}

}  // namespace tessera::kernels::cuda
