#pragma once

/// \file
/// gelu and its derivative for float by an exponential, without branches.
///   gelu(x) = max(x, 0) - z Q(z),   gelu'(x) = (x < 0 ? Q(z) : 1 - Q(z)) + x phi(x),   z = |x|,
///   Q(z) = erfc(z / sqrt 2) / 2 = e(z) P(z),   e(z) = exp(-z^2 / 2),   phi = e / sqrt(2 pi).
/// P is in kernels/arithmetic/gelu_polynomial.hpp; the polynomial of 2^f on [-1/2, 1/2] is minimax alike, relative:
/// error 7.5e-8.
/// Largest absolute errors of the float code against double erfc, every 8th float with 1e-6 <= |x| < 10, at every
/// level: gelu 2.7e-7 (half a unit in the last place of x = 4.47; 1.3e-7 max(1, |x|)), derivative 1.9e-7.

#include "kernels/arithmetic/gelu_polynomial.hpp"
#include "kernels/cpu/simd/gelu_parts.hpp"

namespace tessera::kernels::simd::TESSERA_SIMD_NAMESPACE {

inline constexpr float kTailStart = kGaussianTailStart;
inline constexpr GaussianTailPolynomial kTailPolynomial = gaussian_tail_polynomial();

inline constexpr float kPowerPolynomial[] = {1.00000012f,   0.693146944f,   0.240221202f,
                                             0.0555071309f, 0.00967554282f, 0.00132764771f};

template <int Count>
TESSERA_ALWAYS_INLINE Floats polynomial(const float (&coefficients)[Count], Floats x) {
  Floats value = broadcast<kLanes<float>>(coefficients[Count - 1]);
#pragma GCC unroll 16
  for (int i = Count - 2; i >= 0; --i) value = value * x + coefficients[i];
  return value;
}

/// e(z) and Q(z), both zero past kTailStart and for NaN.
struct GaussianTail {
  Floats density, tail;
};

TESSERA_ALWAYS_INLINE GaussianTail gaussian_tail(Floats z) {
  constexpr float kHalfLog2E = 0.72134752f;
  // Adding 3 * 2^22 leaves the nearest integer in the low mantissa bits.
  constexpr float kRound = 12582912.0f;
  const auto inside = z < kTailStart;
  const Floats bounded = inside ? z : Floats{};
  const Floats exponent = bounded * bounded * -kHalfLog2E;
  const Floats shifted = exponent + kRound;
  const Floats fraction = exponent - (shifted - kRound);
  const FloatBits power = (FloatBits)polynomial(kPowerPolynomial, fraction) + ((FloatBits)shifted << 23);
  const Floats density = inside ? (Floats)power : Floats{};
  return {density, density * polynomial(kTailPolynomial.coefficients, bounded)};
}

/// gelu(x) and gelu'(x).
struct GeluByExponential {
  TESSERA_ALWAYS_INLINE Gelu at(Floats x) const {
    constexpr float kInverseRoot2Pi = 0.39894228f;
    const Floats z = absolute(x);
    const GaussianTail gauss = gaussian_tail(z);
    const Floats bounded = z < kTailStart ? x : Floats{};
    const Floats below = x < 0.0f ? gauss.tail : 1.0f - gauss.tail;
    const Floats derivative = below + bounded * (gauss.density * kInverseRoot2Pi);
    return {positive_part(x) - absolute(bounded) * gauss.tail, x == x ? derivative : x};
  }
};

}  // namespace tessera::kernels::simd::TESSERA_SIMD_NAMESPACE
