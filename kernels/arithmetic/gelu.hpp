#pragma once

/// \file
/// gelu(x) = x Phi(x) and gelu'(x) = Phi(x) + x phi(x) of one number, Phi and phi the normal distribution and density.
/// gelu(inf) = inf, gelu(-inf) = 0, gelu'(inf) = 1, gelu'(-inf) = 0, NaN stays NaN.
///   double: by erfc and exp; errors of a few units in the last place of max(|x|, 1).
///   float, z = |x|:  gelu(x) = max(x, 0) - z Q(z),   gelu'(x) = (x < 0 ? Q(z) : 1 - Q(z)) + x phi(x),
///   with Q by an exponential and a polynomial: errors below 3e-7; from |x| = 5.75 on gelu(x) is max(x, 0).

#include <cmath>

#include "kernels/arithmetic/gelu_polynomial.hpp"
#include "kernels/arithmetic/host_device.hpp"

namespace tessera::kernels {

/// gelu(x) and gelu'(x).
template <class T>
struct GeluParts {
  T value, derivative;
};

/// Selections rather than branches: a device then has the loads of several numbers under way at once.
TESSERA_HOST_DEVICE inline GeluParts<float> gelu_parts(float x) {
  constexpr float kInverseRoot2Pi = 0.39894228f;
  constexpr GaussianTailPolynomial polynomial = gaussian_tail_polynomial();
  const float z = std::fabs(x);
  const bool inside = z < kGaussianTailStart;
  float ratio = polynomial.coefficients[11];
  for (int i = 10; i >= 0; --i) ratio = ratio * z + polynomial.coefficients[i];
  const float density = std::exp(-0.5f * z * z);
  const float tail = density * ratio;
  const float slope = (x < 0.0f ? tail : 1.0f - tail) + x * (density * kInverseRoot2Pi);
  const float slope_outside = x < 0.0f ? 0.0f : x > 0.0f ? 1.0f : x;
  return {(x < 0.0f ? 0.0f : x) - (inside ? z * tail : 0.0f), inside ? slope : slope_outside};
}

/// Phi(x) by erfc of the negated argument: no cancellation in the left tail.
TESSERA_HOST_DEVICE inline double normal_distribution(double x) {
  constexpr double kInverseRoot2 = 0.70710678118654752440;
  return 0.5 * std::erfc(-x * kInverseRoot2);
}

TESSERA_HOST_DEVICE inline double gelu_value(double x) {
  // Minus infinity times zero would be NaN.
  return std::isinf(x) ? std::fmax(x, 0.0) : x * normal_distribution(x);
}

TESSERA_HOST_DEVICE inline double gelu_derivative(double x) {
  constexpr double kInverseRoot2Pi = 0.39894228040143267794;
  const double density = kInverseRoot2Pi * std::exp(-0.5 * x * x);
  // Past any exponential x phi(x) is zero, also where x is infinite.
  return normal_distribution(x) + (density == 0.0 ? 0.0 : x * density);
}

TESSERA_HOST_DEVICE inline float gelu_value(float x) { return gelu_parts(x).value; }
TESSERA_HOST_DEVICE inline float gelu_derivative(float x) { return gelu_parts(x).derivative; }
TESSERA_HOST_DEVICE inline GeluParts<double> gelu_parts(double x) { return {gelu_value(x), gelu_derivative(x)}; }

}  // namespace tessera::kernels
