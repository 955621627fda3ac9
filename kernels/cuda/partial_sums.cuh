#pragma once

/// \file
/// Sums in an order that depends on the sizes alone: over a block's threads, and, in a second stage, over what every
/// block of a first stage has left.

#include "kernels/cuda/axis_rows.cuh"
#include "kernels/cuda/shared_memory.cuh"

namespace tessera::kernels::cuda {

/// The sum over the block's threads, of which there are kThreads, on thread 0.
__device__ inline double sum_of_block(double term) {
  __shared__ Shared<double[kThreads]> terms;
  __syncthreads();
  terms[threadIdx.x] = term;
  __syncthreads();
  for (unsigned half = kThreads / 2; half > 0; half /= 2) {
    if (threadIdx.x < half) terms[threadIdx.x] += terms[threadIdx.x + half];
    __syncthreads();
  }
  return terms[0];
}

/// Parts summed side by side for each entry.
inline constexpr int kSlices = kThreads / kWarp;

/// target.add(e, sum of partial[part, e] over the parts) for e < count.
template <class Target>
__global__ void __launch_bounds__(kThreads) add_parts(Index parts, Index count, const double* partial, Target target) {
  __shared__ Shared<double[kSlices][kWarp]> slices;
  const int lane = static_cast<int>(threadIdx.x) % kWarp, slice = static_cast<int>(threadIdx.x) / kWarp;
  for (Index first = static_cast<Index>(blockIdx.x) * kWarp; first < count;
       first += static_cast<Index>(gridDim.x) * kWarp) {
    const Index entry = first + lane;
    double total = 0;
    if (entry < count) {
#pragma unroll 8
      for (Index part = slice; part < parts; part += kSlices) total += partial[part * count + entry];
    }
    __syncthreads();
    slices[slice][lane] = total;
    __syncthreads();
    if (slice > 0 || entry >= count) continue;
    for (int other = 1; other < kSlices; ++other) total += slices[other][lane];
    target.add(entry, total);
  }
}

template <class Target>
void launch_add_parts(const Stream& stream, const char* kernel, Index parts, Index count, const double* partial,
                      const Target& target) {
  const unsigned blocks = blocks_for((count + kWarp - 1) / kWarp * kThreads);
  launch(stream, kernel, add_parts<Target>, blocks, kThreads, 0, parts, count, partial, target);
}

}  // namespace tessera::kernels::cuda
