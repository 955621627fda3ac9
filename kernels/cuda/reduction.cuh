#pragma once

/// \file
/// Sums over contiguous arrays, of terms given by a functor:
///   kSums: how many sums; add<Lanes>(i, totals) adds the terms of the elements i to i + Lanes - 1
/// The tree depends on the number of elements and on alignment alone: every thread of a fixed grid adds up its terms in
/// order, a block adds its threads pairwise, one more block the blocks.

#include <algorithm>

#include "kernels/cuda/partial_sums.cuh"
#include "tessera/core/device_buffer.hpp"

namespace tessera::kernels::cuda {

inline constexpr Index kMostPartialSums = 1024;

/// Packs a thread has to itself before there are more blocks: fewer partial sums, and several loads under way.
inline constexpr Index kPacksPerThread = 4;

inline unsigned partial_sums(Index packs) {
  constexpr Index kPacksPerBlock = kThreads * kPacksPerThread;
  return static_cast<unsigned>(std::clamp<Index>((packs + kPacksPerBlock - 1) / kPacksPerBlock, 1, kMostPartialSums));
}

/// partial[k, block] = the block's share of sum k.
template <int Lanes, class Term>
__global__ void __launch_bounds__(kThreads) add_terms(Index count, Term term, double* partial) {
  const Index packs = count / Lanes;
  double totals[Term::kSums] = {};
#pragma unroll 4
  for (Index pack = thread_number(); pack < packs; pack += thread_total()) {
    term.template add<Lanes>(pack * Lanes, totals);
  }
  for (Index i = packs * Lanes + thread_number(); i < count; i += thread_total()) term.template add<1>(i, totals);
#pragma unroll
  for (int k = 0; k < Term::kSums; ++k) {
    const double total = sum_of_block(totals[k]);
    if (threadIdx.x == 0) partial[k * gridDim.x + blockIdx.x] = total;
  }
}

/// One block for each sum.
template <class Number>
__global__ void __launch_bounds__(kThreads) add_partial_sums(unsigned count, const Number* partial, Number* result) {
  const Number* own = partial + static_cast<Index>(blockIdx.x) * count;
  double total = 0;
  for (unsigned i = threadIdx.x; i < count; i += kThreads) total += own[i];
  total = sum_of_block(total);
  if (threadIdx.x == 0) result[blockIdx.x] = total;
}

/// Puts the sums on the stream, for result[0] to result[kSums - 1].
template <int Lanes, class Term>
void reduce(const Stream& stream, const char* kernel, Index count, bool aligned, const Term& term, double* result) {
  const unsigned blocks = partial_sums((count + Lanes - 1) / Lanes);
  DeviceBuffer<double> partial(stream, Index{Term::kSums} * blocks);
  const auto first_stage = aligned ? add_terms<Lanes, Term> : add_terms<1, Term>;
  launch(stream, kernel, first_stage, blocks, kThreads, 0, count, term, partial.data());
  launch(stream, kernel, add_partial_sums<double>, Term::kSums, kThreads, 0, blocks, partial.data(), result);
}

}  // namespace tessera::kernels::cuda
