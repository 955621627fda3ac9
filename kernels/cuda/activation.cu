#include "kernels/activation.hpp"

#include "kernels/arithmetic/bfloat16.hpp"
#include "kernels/arithmetic/gelu.hpp"
#include "kernels/cuda/launch.cuh"

namespace tessera::kernels {

namespace {

using cuda::aligned_to_packs;
using cuda::for_each_element;
using cuda::kPackLanes;
using cuda::load;
using cuda::store;

template <class T>
struct Value {
  const T* x;
  T* y;

  template <int Lanes>
  __device__ void at(Index i) const {
    auto values = load<Lanes>(x + i);
    for (int lane = 0; lane < Lanes; ++lane) values.lane[lane] = gelu_value(values.lane[lane]);
    store(values, y + i);
  }
};

template <class T>
struct ValueAndDerivative {
  const T* x;
  T* y;
  T* derivative;

  template <int Lanes>
  __device__ void at(Index i) const {
    auto values = load<Lanes>(x + i);
    auto slopes = values;
    for (int lane = 0; lane < Lanes; ++lane) {
      const GeluParts<T> parts = gelu_parts(values.lane[lane]);
      values.lane[lane] = parts.value;
      slopes.lane[lane] = parts.derivative;
    }
    store(values, y + i);
    store(slopes, derivative + i);
  }
};

template <class T, class Stored>
struct Backward {
  const Stored* x;
  const T* gy;
  T* gx;

  template <int Lanes>
  __device__ void at(Index i) const {
    const auto values = load<Lanes>(x + i);
    auto gradient = load<Lanes>(gy + i);
    for (int lane = 0; lane < Lanes; ++lane) {
      gradient.lane[lane] *= gelu_derivative(static_cast<T>(values.lane[lane]));
    }
    store(gradient, gx + i);
  }
};

}  // namespace

template <class T>
void gelu(const Stream& stream, Index count, const T* x, T* y) {
  for_each_element<kPackLanes<T>>(stream, "gelu", count, aligned_to_packs(x, y), Value<T>{x, y});
}

template <class T>
void gelu_with_derivative(const Stream& stream, Index count, const T* x, T* y, T* derivative) {
  for_each_element<kPackLanes<T>>(stream, "gelu_with_derivative", count, aligned_to_packs(x, y, derivative),
                                  ValueAndDerivative<T>{x, y, derivative});
}

template <class T, class Stored>
void gelu_backward(const Stream& stream, Index count, const Stored* x, const T* gy, T* gx) {
  for_each_element<kPackLanes<T>>(stream, "gelu_backward", count, aligned_to_packs(x, gy, gx),
                                  Backward<T, Stored>{x, gy, gx});
}

#define TESSERA_INSTANTIATE(T)                                                   \
  template void gelu<T>(const Stream&, Index, const T*, T*);                     \
  template void gelu_with_derivative<T>(const Stream&, Index, const T*, T*, T*); \
  template void gelu_backward<T, T>(const Stream&, Index, const T*, const T*, T*);

TESSERA_INSTANTIATE(float)
TESSERA_INSTANTIATE(double)
template void gelu_backward<float, BFloat16>(const Stream&, Index, const BFloat16*, const float*, float*);

}  // namespace tessera::kernels
