#include "kernels/loss.hpp"

#include "kernels/cuda/reduction.cuh"

namespace tessera::kernels {

namespace {

using cuda::kPackLanes;
using cuda::load;

template <class T>
struct SquaredErrors {
  static constexpr int kSums = 2;
  const T* prediction;
  const T* target;

  template <int Lanes>
  __device__ void add(Index i, double (&totals)[2]) const {
    const auto predicted = load<Lanes>(prediction + i);
    const auto wanted = load<Lanes>(target + i);
    double error = 0, norm = 0;
    for (int lane = 0; lane < Lanes; ++lane) {
      const auto value = static_cast<double>(wanted.lane[lane]);
      const double difference = static_cast<double>(predicted.lane[lane]) - value;
      error += difference * difference;
      norm += value * value;
    }
    totals[0] += error;
    totals[1] += norm;
  }
};

template <class T>
struct ScaledDifference {
  double factor;
  const T* prediction;
  const T* target;
  T* out;

  template <int Lanes>
  __device__ void at(Index i) const {
    auto values = load<Lanes>(prediction + i);
    const auto wanted = load<Lanes>(target + i);
    for (int lane = 0; lane < Lanes; ++lane) {
      const double difference = static_cast<double>(values.lane[lane]) - static_cast<double>(wanted.lane[lane]);
      values.lane[lane] = static_cast<T>(factor * difference);
    }
    cuda::store(values, out + i);
  }
};

}  // namespace

template <class T>
void squared_errors(const Stream& stream, Index count, const T* prediction, const T* target, double* result) {
  cuda::reduce<kPackLanes<T>>(stream, "squared_errors", count, cuda::aligned_to_packs(prediction, target),
                              SquaredErrors<T>{prediction, target}, result);
}

template <class T>
void scaled_difference(const Stream& stream, Index count, double factor, const T* prediction, const T* target, T* out) {
  cuda::for_each_element<kPackLanes<T>>(stream, "scaled_difference", count,
                                        cuda::aligned_to_packs(prediction, target, out),
                                        ScaledDifference<T>{factor, prediction, target, out});
}

#define TESSERA_INSTANTIATE(T)                                                        \
  template void squared_errors<T>(const Stream&, Index, const T*, const T*, double*); \
  template void scaled_difference<T>(const Stream&, Index, double, const T*, const T*, T*);

TESSERA_INSTANTIATE(float)
TESSERA_INSTANTIATE(double)

}  // namespace tessera::kernels
