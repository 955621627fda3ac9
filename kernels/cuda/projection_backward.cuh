#pragma once

/// \file
/// The loss and the gradients of a projection on a tile of points, see projection_tile.cuh.

#include "kernels/cuda/projection_tile.cuh"

namespace tessera::kernels::cuda {

/// A block's sums over its points so far, [W1 | b1 | W2 | b2 | e^2, target^2]. Every number is added to by one thread.
template <class T>
struct PartialSums {
  double* values;
  bool first;  ///< nothing has been added yet

  __device__ void add(Index entry, T sum) const {
    values[entry] = first ? static_cast<double>(sum) : values[entry] + static_cast<double>(sum);
  }
};

struct LossSums {
  double error = 0, target = 0;
};

template <class T>
struct LossArrays {
  const T* v;
  const T* target;
  T* gv;
};

/// All outputs' errors, zero past the last point, to shared memory; their sums to `sums` and `loss`.
template <class T, int WidthRows>
__device__ void output_errors(const Projection<T>& projection, Index points, Index first_point, const T* target,
                              const PartialSums<T>& sums, LossSums& loss, ProjectionTiles<T, WidthRows>& tiles) {
  const int thread = static_cast<int>(threadIdx.x), point = thread % kPoints, lane = thread % kWarp;
  for (Index first = 0; first < projection.out; first += kOutputGroup) {
    const T y = output_value(projection, first, tiles);
    const Index o = first + thread / kPoints;
    if (o >= projection.out) continue;
    T error = 0;
    if (first_point + point < points) {
      const T wanted = target[o * points + first_point + point];
      error = y - wanted;
      loss.error += static_cast<double>(error) * static_cast<double>(error);
      loss.target += static_cast<double>(wanted) * static_cast<double>(wanted);
    }
    errors(tiles)[o * kPoints + point] = error;
  }
  __syncthreads();
  const Index bias2 = projection_weights(projection) - projection.out;
  for (int o = thread / kWarp; o < static_cast<int>(projection.out); o += kThreads / kWarp) {
    const T* row = errors(tiles) + o * kPoints;
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
    T weight[kQuad], error[kQuad];
    output_weights(projection, first_hidden, o, weight);
    read(errors(tiles) + o * kPoints + column, error);
    for (int r = 0; r < kQuad; ++r) {
      T sum = 0;
      for (int c = 0; c < kQuad; ++c) {
        gradient[r][c] += weight[r] * error[c];
        sum += error[c] * h[r][c];
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

template <class T, int WidthRows>
__device__ void project_tile_backward(const Projection<T>& projection, Index points, Index first_point,
                                      const LossArrays<T>& arrays, const PartialSums<T>& sums, LossSums& loss,
                                      ProjectionTiles<T, WidthRows>& tiles) {
  stage_points(projection, points, first_point, arrays.v, tiles);
  output_errors(projection, points, first_point, arrays.target, sums, loss, tiles);
  T gv[WidthRows][kQuad] = {};
  for (Index first_hidden = 0; first_hidden < projection.hidden; first_hidden += kHiddenTile) {
    __syncthreads();
    stage_weights(projection, first_hidden, tiles);
    __syncthreads();
    hidden_gradient(projection, first_hidden, sums, tiles);
    __syncthreads();
    add_input_gradient(tiles, gv);
    add_weight_gradient(projection, first_hidden, sums, tiles);
  }
  for (int i = 0; i < WidthRows; ++i) {
    const int channel = thread_row() * WidthRows + i;
    for (int c = 0; c < kQuad; ++c) {
      const Index p = first_point + thread_column() * kQuad + c;
      if (channel < projection.width && p < points) arrays.gv[channel * points + p] = gv[i][c];
    }
  }
}

}  // namespace tessera::kernels::cuda
