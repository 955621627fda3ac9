#include <algorithm>
#include <type_traits>

#include "kernels/cuda/partial_sums.cuh"
#include "kernels/elementwise.hpp"
#include "tessera/core/device_buffer.hpp"

namespace tessera::kernels {

namespace {

using cuda::kPackLanes;
using cuda::kThreads;
using cuda::load;
using cuda::sum_of_block;
using cuda::thread_number;
using cuda::thread_total;

/// The tree depends on the number of elements and on alignment alone: every thread of a fixed grid adds up its terms in
/// order, a block adds its threads pairwise, one more block the blocks.
constexpr Index kMostPartialSums = 1024;

/// Packs a thread has to itself before there are more blocks: fewer partial sums, and several loads under way.
constexpr Index kPacksPerThread = 4;

unsigned partial_sums(Index packs) {
  constexpr Index kPacksPerBlock = kThreads * kPacksPerThread;
  return static_cast<unsigned>(std::clamp<Index>((packs + kPacksPerBlock - 1) / kPacksPerBlock, 1, kMostPartialSums));
}

/// partial[block] = the block's share of the sum of term.at<Lanes>(i), which covers the elements i to i + Lanes - 1.
template <int Lanes, class Term>
__global__ void __launch_bounds__(kThreads) add_terms(Index count, Term term, double* partial) {
  const Index packs = count / Lanes;
  double total = 0;
#pragma unroll 4
  for (Index pack = thread_number(); pack < packs; pack += thread_total()) {
    total += term.template at<Lanes>(pack * Lanes);
  }
  for (Index i = packs * Lanes + thread_number(); i < count; i += thread_total()) total += term.template at<1>(i);
  total = sum_of_block(total);
  if (threadIdx.x == 0) partial[blockIdx.x] = total;
}

/// One block.
__global__ void __launch_bounds__(kThreads) add_partial_sums(unsigned count, const double* partial, double* result) {
  double total = 0;
  for (unsigned i = threadIdx.x; i < count; i += kThreads) total += partial[i];
  total = sum_of_block(total);
  if (threadIdx.x == 0) *result = total;
}

template <class T>
struct Element {
  const T* x;

  template <int Lanes>
  __device__ double at(Index i) const {
    const auto values = load<Lanes>(x + i);
    double total = 0;
    for (int lane = 0; lane < Lanes; ++lane) total += static_cast<double>(values.lane[lane]);
    return total;
  }
};

template <class T>
struct Product {
  const T* a;
  const T* b;

  template <int Lanes>
  __device__ double at(Index i) const {
    const auto left = load<Lanes>(a + i);
    const auto right = load<Lanes>(b + i);
    double total = 0;
    for (int lane = 0; lane < Lanes; ++lane) {
      total += static_cast<double>(left.lane[lane]) * static_cast<double>(right.lane[lane]);
    }
    return total;
  }
};

template <int Lanes, class Term>
void reduce(const Stream& stream, const char* kernel, Index count, bool aligned, const Term& term, double* result) {
  const unsigned blocks = partial_sums((count + Lanes - 1) / Lanes);
  DeviceBuffer<double> partial(stream, blocks);
  if (aligned) {
    cuda::launch(stream, kernel, add_terms<Lanes, Term>, blocks, kThreads, 0, count, term, partial.data());
  } else {
    cuda::launch(stream, kernel, add_terms<1, Term>, blocks, kThreads, 0, count, term, partial.data());
  }
  cuda::launch(stream, kernel, add_partial_sums, 1, kThreads, 0, blocks, partial.data(), result);
}

/// x - x is zero where x is finite and NaN elsewhere.
template <class T>
struct ClearUnlessFinite {
  const T* x;
  std::int32_t* result;

  template <int Lanes>
  __device__ void at(Index i) const {
    const auto values = load<Lanes>(x + i);
    T difference = 0;
    for (int lane = 0; lane < Lanes; ++lane) difference += values.lane[lane] - values.lane[lane];
    // Any number of threads may store this same value.
    if (difference != T(0)) *result = 0;
  }
};

__global__ void set_true(std::int32_t* result) { *result = 1; }

}  // namespace

template <class T>
void sum(const Stream& stream, Index count, const T* x, double* result) {
  reduce<kPackLanes<T>>(stream, "sum", count, cuda::aligned_to_packs(x), Element<T>{x}, result);
}

template <class T>
void real_dot(const Stream& stream, Index count, const T* a, const T* b, double* result) {
  using R = RealPart<T>;
  const Product<R> term = {reinterpret_cast<const R*>(a), reinterpret_cast<const R*>(b)};
  reduce<kPackLanes<R>>(stream, "real_dot", count * kRealsPerElement<T>, cuda::aligned_to_packs(a, b), term, result);
}

template <class T>
void all_finite(const Stream& stream, Index count, const T* values, std::int32_t* result) {
  using R = RealPart<T>;
  cuda::launch(stream, "all_finite", set_true, 1, 1, 0, result);
  cuda::for_each_element<kPackLanes<R>>(stream, "all_finite", count * kRealsPerElement<T>,
                                        cuda::aligned_to_packs(values),
                                        ClearUnlessFinite<R>{reinterpret_cast<const R*>(values), result});
}

template void sum<float>(const Stream&, Index, const float*, double*);
template void sum<double>(const Stream&, Index, const double*, double*);

#define TESSERA_INSTANTIATE(T)                                                  \
  template void real_dot<T>(const Stream&, Index, const T*, const T*, double*); \
  template void all_finite<T>(const Stream&, Index, const T*, std::int32_t*);

TESSERA_INSTANTIATE(float)
TESSERA_INSTANTIATE(double)
TESSERA_INSTANTIATE(std::complex<float>)
TESSERA_INSTANTIATE(std::complex<double>)

}  // namespace tessera::kernels
