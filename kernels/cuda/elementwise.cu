#include "kernels/elementwise.hpp"

#include "kernels/arithmetic/complex_product.hpp"
#include "kernels/cuda/launch.cuh"

namespace tessera::kernels {

namespace {

using cuda::for_each_element;
using cuda::kPackLanes;
using cuda::load;
using cuda::store;

/// A complex array as interleaved reals.
template <class T>
const RealPart<T>* reals(const T* values) {
  return reinterpret_cast<const RealPart<T>*>(values);
}

template <class T>
RealPart<T>* reals(T* values) {
  return reinterpret_cast<RealPart<T>*>(values);
}

template <class T>
struct Axpy {
  T a;
  const T* x;
  T* y;

  template <int Lanes>
  __device__ void at(Index i) const {
    const auto addend = load<Lanes>(x + i);
    auto total = load<Lanes>(y + i);
    for (int lane = 0; lane < Lanes; ++lane) total.lane[lane] += a * addend.lane[lane];
    store(total, y + i);
  }
};

template <class T>
struct Scale {
  T a;
  T* x;

  template <int Lanes>
  __device__ void at(Index i) const {
    auto values = load<Lanes>(x + i);
    for (int lane = 0; lane < Lanes; ++lane) values.lane[lane] *= a;
    store(values, x + i);
  }
};

/// Rows hold whole packs where there are packs.
template <class T>
struct ScaleRows {
  Index count;
  const double* a;
  T* x;

  template <int Lanes>
  __device__ void at(Index i) const {
    const T factor = static_cast<T>(a[i / count]);
    auto values = load<Lanes>(x + i);
    for (int lane = 0; lane < Lanes; ++lane) values.lane[lane] *= factor;
    store(values, x + i);
  }
};

template <class T>
struct Affine {
  T a, b;
  T* x;

  template <int Lanes>
  __device__ void at(Index i) const {
    auto values = load<Lanes>(x + i);
    for (int lane = 0; lane < Lanes; ++lane) values.lane[lane] = a * values.lane[lane] + b;
    store(values, x + i);
  }
};

template <class T>
struct Multiply {
  const T* x;
  T* y;

  template <int Lanes>
  __device__ void at(Index i) const {
    const auto factor = load<Lanes>(x + i);
    auto product = load<Lanes>(y + i);
    for (int lane = 0; lane < Lanes; ++lane) product.lane[lane] *= factor.lane[lane];
    store(product, y + i);
  }
};

/// `Weight`: T, or Complex<T>.
template <class T, class Weight>
struct Adam {
  AdamConstants<T> constants;
  const Weight* gradient;
  Weight* weight;
  Weight* first;
  T* second;

  template <int Lanes>
  __device__ void at(Index i) const {
    const auto g = load<Lanes>(gradient + i);
    auto w = load<Lanes>(weight + i);
    auto m = load<Lanes>(first + i);
    auto v = load<Lanes>(second + i);
    for (int lane = 0; lane < Lanes; ++lane) {
      adam_step(constants, g.lane[lane], w.lane[lane], m.lane[lane], v.lane[lane]);
    }
    store(w, weight + i);
    store(m, first + i);
    store(v, second + i);
  }
};

}  // namespace

template <class T>
void axpy(const Stream& stream, Index count, RealPart<T> a, const T* x, T* y) {
  using R = RealPart<T>;
  for_each_element<kPackLanes<R>>(stream, "axpy", count * kRealsPerElement<T>, cuda::aligned_to_packs(x, y),
                                  Axpy<R>{a, reals(x), reals(y)});
}

template <class T>
void scale(const Stream& stream, Index count, RealPart<T> a, T* x) {
  using R = RealPart<T>;
  for_each_element<kPackLanes<R>>(stream, "scale", count * kRealsPerElement<T>, cuda::aligned_to_packs(x),
                                  Scale<R>{a, reals(x)});
}

template <class T>
void scale_rows(const Stream& stream, Index rows, Index count, const double* a, T* x) {
  const bool in_packs = cuda::aligned_to_packs(x) && count % kPackLanes<T> == 0;
  for_each_element<kPackLanes<T>>(stream, "scale_rows", rows * count, in_packs, ScaleRows<T>{count, a, x});
}

template <class T>
void affine(const Stream& stream, Index count, T a, T b, T* x) {
  for_each_element<kPackLanes<T>>(stream, "affine", count, cuda::aligned_to_packs(x), Affine<T>{a, b, x});
}

template <class T>
void multiply_elements(const Stream& stream, Index count, const T* x, T* y) {
  for_each_element<kPackLanes<T>>(stream, "multiply_elements", count, cuda::aligned_to_packs(x, y), Multiply<T>{x, y});
}

template <class T>
void adam_update(const Stream& stream, Index count, const AdamStep& step, const T* gradient, T* weight, T* first_moment,
                 RealPart<T>* second_moment) {
  using R = RealPart<T>;
  using Weight = std::conditional_t<ComplexScalar<T>, Complex<R>, R>;
  const Adam<R, Weight> body = {adam_constants<R>(step), reinterpret_cast<const Weight*>(gradient),
                                reinterpret_cast<Weight*>(weight), reinterpret_cast<Weight*>(first_moment),
                                second_moment};
  const bool aligned = cuda::aligned_to_packs(gradient, weight, first_moment, second_moment);
  for_each_element<kPackLanes<Weight>>(stream, "adam_update", count, aligned, body);
}

template void scale_rows<float>(const Stream&, Index, Index, const double*, float*);
template void scale_rows<double>(const Stream&, Index, Index, const double*, double*);
template void affine<float>(const Stream&, Index, float, float, float*);
template void affine<double>(const Stream&, Index, double, double, double*);
template void multiply_elements<float>(const Stream&, Index, const float*, float*);
template void multiply_elements<double>(const Stream&, Index, const double*, double*);

#define TESSERA_INSTANTIATE(T)                                            \
  template void axpy<T>(const Stream&, Index, RealPart<T>, const T*, T*); \
  template void scale<T>(const Stream&, Index, RealPart<T>, T*);          \
  template void adam_update<T>(const Stream&, Index, const AdamStep&, const T*, T*, T*, RealPart<T>*);

TESSERA_INSTANTIATE(float)
TESSERA_INSTANTIATE(double)
TESSERA_INSTANTIATE(std::complex<float>)
TESSERA_INSTANTIATE(std::complex<double>)

}  // namespace tessera::kernels
