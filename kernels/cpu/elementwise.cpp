#include "kernels/elementwise.hpp"

#include "kernels/cpu/simd/active.hpp"

namespace tessera::kernels {

namespace {

/// A complex array as interleaved reals.
template <class T>
const RealPart<T>* reals(const T* values) {
  return reinterpret_cast<const RealPart<T>*>(values);
}

template <class T>
RealPart<T>* reals(T* values) {
  return reinterpret_cast<RealPart<T>*>(values);
}

}  // namespace

template <class T>
void axpy(Index count, RealPart<T> a, const T* x, T* y) {
  simd::loops<RealPart<T>>().axpy(count * kRealsPerElement<T>, a, reals(x), reals(y));
}

template <class T>
void scale(Index count, RealPart<T> a, T* x) {
  simd::loops<RealPart<T>>().scale(count * kRealsPerElement<T>, a, reals(x));
}

template <class T>
void scale_rows(Index rows, Index count, const double* a, T* x) {
  for (Index row = 0; row < rows; ++row) scale<T>(count, static_cast<T>(a[row]), x + row * count);
}

template <class T>
void affine(Index count, T a, T b, T* x) {
  simd::loops<T>().affine(count, a, b, x);
}

template <class T>
void multiply_elements(Index count, const T* x, T* y) {
  simd::loops<T>().multiply_elements(count, x, y);
}

template <class T>
double sum(Index count, const T* x) {
  return simd::loops<T>().sum(count, x);
}

template void scale_rows<float>(Index, Index, const double*, float*);
template void scale_rows<double>(Index, Index, const double*, double*);
template void affine<float>(Index, float, float, float*);
template void affine<double>(Index, double, double, double*);
template void multiply_elements<float>(Index, const float*, float*);
template void multiply_elements<double>(Index, const double*, double*);
template double sum<float>(Index, const float*);
template double sum<double>(Index, const double*);

template <class T>
double real_dot(Index count, const T* a, const T* b) {
  return simd::loops<RealPart<T>>().dot(count * kRealsPerElement<T>, reals(a), reals(b));
}

template <class T>
void adam_update(Index count, const AdamStep& step, const T* gradient, T* weight, T* first_moment,
                 RealPart<T>* second_moment) {
  const simd::Functions<RealPart<T>>& loops = simd::loops<RealPart<T>>();
  const auto update = ComplexScalar<T> ? loops.adam_complex : loops.adam_real;
  update(count, adam_constants<RealPart<T>>(step), reals(gradient), reals(weight), reals(first_moment), second_moment);
}

template <class T>
bool all_finite(Index count, const T* values) {
  return simd::loops<RealPart<T>>().all_finite(count * kRealsPerElement<T>, reals(values));
}

#define TESSERA_INSTANTIATE(T)                                                          \
  template void axpy<T>(Index, RealPart<T>, const T*, T*);                              \
  template void scale<T>(Index, RealPart<T>, T*);                                       \
  template double real_dot<T>(Index, const T*, const T*);                               \
  template void adam_update<T>(Index, const AdamStep&, const T*, T*, T*, RealPart<T>*); \
  template bool all_finite<T>(Index, const T*);

TESSERA_INSTANTIATE(float)
TESSERA_INSTANTIATE(double)
TESSERA_INSTANTIATE(std::complex<float>)
TESSERA_INSTANTIATE(std::complex<double>)

}  // namespace tessera::kernels
