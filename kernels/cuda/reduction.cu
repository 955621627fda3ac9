#include "kernels/cuda/reduction.cuh"

#include "kernels/elementwise.hpp"

namespace tessera::kernels {

namespace {

using cuda::kPackLanes;
using cuda::load;

template <class T>
struct Element {
  static constexpr int kSums = 1;
  const T* x;

  template <int Lanes>
  __device__ void add(Index i, double (&totals)[1]) const {
    const auto values = load<Lanes>(x + i);
    double total = 0;
    for (int lane = 0; lane < Lanes; ++lane) total += static_cast<double>(values.lane[lane]);
    totals[0] += total;
  }
};

template <class T>
struct Product {
  static constexpr int kSums = 1;
  const T* a;
  const T* b;

  template <int Lanes>
  __device__ void add(Index i, double (&totals)[1]) const {
    const auto left = load<Lanes>(a + i);
    const auto right = load<Lanes>(b + i);
    double total = 0;
    for (int lane = 0; lane < Lanes; ++lane) {
      total += static_cast<double>(left.lane[lane]) * static_cast<double>(right.lane[lane]);
    }
    totals[0] += total;
  }
};

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
  cuda::reduce<kPackLanes<T>>(stream, "sum", count, cuda::aligned_to_packs(x), Element<T>{x}, result);
}

template <class T>
void real_dot(const Stream& stream, Index count, const T* a, const T* b, double* result) {
  using R = RealPart<T>;
  const Product<R> term = {reinterpret_cast<const R*>(a), reinterpret_cast<const R*>(b)};
  cuda::reduce<kPackLanes<R>>(stream, "real_dot", count * kRealsPerElement<T>, cuda::aligned_to_packs(a, b), term,
                              result);
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
