#include "kernels/activation.hpp"

#include <cmath>
#include <numbers>

#include "kernels/cpu/simd/active.hpp"

namespace tessera::kernels {

namespace {

/// Phi(x) by erfc of the negated argument: no cancellation in the left tail.
double normal_distribution(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }

/// gelu'(x) = Phi(x) + x phi(x)
double derivative_of_gelu(double x) {
  constexpr double kInverseRoot2Pi = std::numbers::inv_sqrtpi / std::numbers::sqrt2;
  const double density = kInverseRoot2Pi * std::exp(-0.5 * x * x);
  // Past any exponential x phi(x) is zero, also where x is infinite.
  return normal_distribution(x) + (density == 0 ? 0.0 : x * density);
}

}  // namespace

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
  for (Index i = 0; i < count; ++i) y[i] = std::isinf(x[i]) ? std::fmax(x[i], 0.0) : x[i] * normal_distribution(x[i]);
}

template <>
void gelu_with_derivative<float>(Index count, const float* x, float* y, float* derivative, Prefetch soon) {
  simd::active().gelu_with_derivative(count, x, y, derivative, soon);
}

template <>
void gelu_with_derivative<double>(Index count, const double* x, double* y, double* derivative, Prefetch /*soon*/) {
  for (Index i = 0; i < count; ++i) derivative[i] = derivative_of_gelu(x[i]);
  gelu(count, x, y);
}

template <>
void gelu_backward<double>(Index count, const double* x, const double* gy, double* gx) {
  for (Index i = 0; i < count; ++i) gx[i] = gy[i] * derivative_of_gelu(x[i]);
}

template <class T>
void activated_gradient(Index hidden, Index out, Index count, const T* w, const T* gy, T* slopes, double* sums) {
  simd::loops<T>().activated_gradient(hidden, out, count, w, gy, slopes, sums);
}

template void activated_gradient(Index, Index, Index, const float*, const float*, float*, double*);
template void activated_gradient(Index, Index, Index, const double*, const double*, double*, double*);

}  // namespace tessera::kernels
