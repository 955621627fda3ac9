#include "kernels/activation.hpp"

#include "kernels/arithmetic/gelu.hpp"
#include "kernels/cpu/simd/active.hpp"

namespace tessera::kernels {

template <>
void gelu<float>(Index count, const float* x, float* y, Prefetch soon) {
  simd::active().gelu(count, x, y, soon);
}

template <>
void gelu_backward<float>(Index count, const float* x, const float* gy, float* gx) {
  simd::active().gelu_backward(count, x, gy, gx);
}

template <>
void gelu<double>(Index count, const double* x, double* y, Prefetch /*soon*/) {
  for (Index i = 0; i < count; ++i) y[i] = gelu_value(x[i]);
}

template <>
void gelu_with_derivative<float>(Index count, const float* x, float* y, float* derivative, Prefetch soon) {
  simd::active().gelu_with_derivative(count, x, y, derivative, soon);
}

template <>
void gelu_with_derivative<double>(Index count, const double* x, double* y, double* derivative, Prefetch /*soon*/) {
  for (Index i = 0; i < count; ++i) derivative[i] = gelu_derivative(x[i]);
  gelu(count, x, y);
}

template <>
void gelu_backward<double>(Index count, const double* x, const double* gy, double* gx) {
  for (Index i = 0; i < count; ++i) gx[i] = gy[i] * gelu_derivative(x[i]);
}

template <class T>
void activated_gradient(Index hidden, Index out, Index count, const T* w, const T* gy, T* slopes, double* sums) {
  simd::loops<T>().activated_gradient(hidden, out, count, w, gy, slopes, sums);
}

template void activated_gradient(Index, Index, Index, const float*, const float*, float*, double*);
template void activated_gradient(Index, Index, Index, const double*, const double*, double*, double*);

}  // namespace tessera::kernels
