#pragma once

/// \file
/// The gradients of a projection on a tile of points, see projection_tile.cuh. dL/dy comes from a functor:
///   kSums: how many sums it makes beside
///   prepare(projection, points, first_point, tiles, sums): the tile's dL/dy to shared memory, zero past the last point

#include "kernels/cuda/projection_tile.cuh"

namespace tessera::kernels::cuda {

/// A block's sums over its points so far, [W1 | b1 | W2 | b2]. Every number is added to by one thread.
template <class T>
struct PartialSums {
  double* values;
  bool first;  ///< nothing has been added yet

  __device__ void add(Index entry, T sum) const {
    values[entry] = first ? static_cast<double>(sum) : values[entry] + static_cast<double>(sum);
  }
};

/// dL/dy given.
template <class T>
struct GivenGradient {
  static constexpr int kSums = 0;
  const T* gy;

  template <int WidthRows>
  __device__ void prepare(const Projection<T>& projection, Index points, Index first_point,
                          ProjectionTiles<T, WidthRows>& tiles, double*) const {
    const int point = static_cast<int>(threadIdx.x) % kPoints;
    for (Index o = threadIdx.x / kPoints; o < projection.out; o += kOutputGroup) {
      const bool inside = first_point + point < points;
      output_gradient(tiles)[o * kPoints + point] = inside ? gy[o * points + first_point + point] : T(0);
    }
  }
};

/// dL/dy = factor e, e = y - target; sums of e^2 and target^2.
template <class T>
struct ErrorGradient {
  static constexpr int kSums = 2;
  const T* target;
  const double* factor;  ///< null: 1

  template <int WidthRows>
  __device__ void prepare(const Projection<T>& projection, Index points, Index first_point,
                          ProjectionTiles<T, WidthRows>& tiles, double* sums) const {
    const int point = static_cast<int>(threadIdx.x) % kPoints;
    const T scale = factor != nullptr ? static_cast<T>(*factor) : T(1);
    for (Index first = 0; first < projection.out; first += kOutputGroup) {
      const T y = output_value(projection, first, tiles);
      const Index o = first + threadIdx.x / kPoints;
      if (o >= projection.out) continue;
      T error = 0;
      if (first_point + point < points) {
        const T wanted = target[o * points + first_point + point];
        error = y - wanted;
        sums[0] += static_cast<double>(error) * static_cast<double>(error);
        sums[1] += static_cast<double>(wanted) * static_cast<double>(wanted);
      }
      output_gradient(tiles)[o * kPoints + point] = scale * error;
    }
  }
};

/// The gradient of b2.
template <class T, int WidthRows>
__device__ void add_output_bias_gradient(const Projection<T>& projection, const PartialSums<T>& sums,
                                         ProjectionTiles<T, WidthRows>& tiles) {
  const int thread = static_cast<int>(threadIdx.x), lane = thread % kWarp;
  const Index bias2 = projection_weights(projection) - projection.out;
  for (int o = thread / kWarp; o < static_cast<int>(projection.out); o += kThreads / kWarp) {
    const T* row = output_gradient(tiles) + o * kPoints;
    T sum = sum_of_row(row[lane] + row[lane + kWarp]);
    sum += __shfl_xor_sync(0xffffffffu, sum, kSide);
    if (lane == 0) sums.add(bias2 + o, sum);
  }
}

/// The gradient with respect to 64 hidden channels, to shared memory; those of b1 and W2 to `sums`.
template <class T, int WidthRows>
__device__ void hidden_gradient(const Projection<T>& projection, Index first_hidden, const PartialSums<T>& sums,
                                ProjectionTiles<T, WidthRows>& tiles) {
  T h[kQuad][kQuad], slope[kQuad][kQuad], gradient[kQuad][kQuad] = {};
  hidden_values(projection, first_hidden, tiles, h);
  for (int r = 0; r < kQuad; ++r) {
    for (int c = 0; c < kQuad; ++c) {
      const GeluParts<T> parts = gelu_parts(h[r][c]);
      h[r][c] = parts.value;
      slope[r][c] = parts.derivative;
    }
  }
  const int row = thread_row() * kQuad, column = thread_column() * kQuad;
  const bool leads = thread_column() == 0;
  const Index bias1 = projection.hidden * projection.width, weight2 = bias1 + projection.hidden;
  for (int o = 0; o < static_cast<int>(projection.out); ++o) {
    T weight[kQuad], gy[kQuad];
    output_weights(projection, first_hidden, o, weight);
    read(output_gradient(tiles) + o * kPoints + column, gy);
    for (int r = 0; r < kQuad; ++r) {
      T sum = 0;
      for (int c = 0; c < kQuad; ++c) {
        gradient[r][c] += weight[r] * gy[c];
        sum += gy[c] * h[r][c];
      }
      sum = sum_of_row(sum);
      const Index j = first_hidden + row + r;
      if (leads && j < projection.hidden) sums.add(weight2 + o * projection.hidden + j, sum);
    }
  }
  for (int r = 0; r < kQuad; ++r) {
    T sum = 0;
    for (int c = 0; c < kQuad; ++c) {
      gradient[r][c] *= slope[r][c];
      sum += gradient[r][c];
      tiles.gradient[row + r][column + c] = gradient[r][c];
    }
    sum = sum_of_row(sum);
    const Index j = first_hidden + row + r;
    if (leads && j < projection.hidden) sums.add(bias1 + j, sum);
  }
}

/// gv[i][c] += what 64 hidden channels give to channel WidthRows thread_row() + i at point 4 thread_column() + c.
template <class T, int WidthRows>
__device__ void add_input_gradient(const ProjectionTiles<T, WidthRows>& tiles, T (&gv)[WidthRows][kQuad]) {
#pragma unroll 4
  for (int j = 0; j < kHiddenTile; ++j) {
    T weight[WidthRows], gradient[kQuad];
    read(&tiles.weight1[j][thread_row() * WidthRows], weight);
    read(&tiles.gradient[j][thread_column() * kQuad], gradient);
    for (int i = 0; i < WidthRows; ++i) {
      for (int c = 0; c < kQuad; ++c) gv[i][c] += weight[i] * gradient[c];
    }
  }
}

/// The gradient of 64 rows of W1. Threads have rows and columns 16 apart: neighbours read different banks.
template <class T, int WidthRows>
__device__ void add_weight_gradient(const Projection<T>& projection, Index first_hidden, const PartialSums<T>& sums,
                                    const ProjectionTiles<T, WidthRows>& tiles) {
  T products[kQuad][WidthRows] = {};
#pragma unroll 2
  for (int p = 0; p < kPoints; p += kPackLanes<T>) {
    T left[kQuad][kPackLanes<T>], right[WidthRows][kPackLanes<T>];
    for (int r = 0; r < kQuad; ++r) read(&tiles.gradient[thread_row() + r * kSide][p], left[r]);
    for (int i = 0; i < WidthRows; ++i) read(&tiles.v[thread_column() + i * kSide][p], right[i]);
    for (int r = 0; r < kQuad; ++r) {
      for (int i = 0; i < WidthRows; ++i) {
        for (int lane = 0; lane < kPackLanes<T>; ++lane) products[r][i] += left[r][lane] * right[i][lane];
      }
    }
  }
  for (int r = 0; r < kQuad; ++r) {
    const Index j = first_hidden + thread_row() + r * kSide;
    for (int i = 0; i < WidthRows; ++i) {
      const int column = thread_column() + i * kSide;
      if (j >= projection.hidden || column >= projection.width) continue;
      sums.add(j * projection.width + column, products[r][i]);
    }
  }
}

/// `own_sums`: this thread's share of what `gradient` sums up beside.
template <class T, int WidthRows, class OutputGradient>
__device__ void project_tile_backward(const Projection<T>& projection, Index points, Index first_point, const T* v,
                                      const OutputGradient& gradient, T* gv, const PartialSums<T>& sums,
                                      double* own_sums, ProjectionTiles<T, WidthRows>& tiles) {
  stage_points(projection, points, first_point, v, tiles);
  gradient.prepare(projection, points, first_point, tiles, own_sums);
  __syncthreads();
  add_output_bias_gradient(projection, sums, tiles);
  T input_gradient[WidthRows][kQuad] = {};
  for (Index first_hidden = 0; first_hidden < projection.hidden; first_hidden += kHiddenTile) {
    __syncthreads();
    stage_weights(projection, first_hidden, tiles);
    __syncthreads();
    hidden_gradient(projection, first_hidden, sums, tiles);
    __syncthreads();
    add_input_gradient(tiles, input_gradient);
    add_weight_gradient(projection, first_hidden, sums, tiles);
  }
  for (int i = 0; i < WidthRows; ++i) {
    const int channel = thread_row() * WidthRows + i;
    for (int c = 0; c < kQuad; ++c) {
      const Index p = first_point + thread_column() * kQuad + c;
      if (channel < projection.width && p < points) gv[channel * points + p] = input_gradient[i][c];
    }
  }
}

}  // namespace tessera::kernels::cuda
