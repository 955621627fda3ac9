#pragma once

/// \file
/// The polynomial behind gelu by an exponential, for float:
///   Q(z) = erfc(z / sqrt 2) / 2 = exp(-z^2 / 2) P(z)   for 0 <= z < 5.75,
/// where Q has fallen below 5e-9 and is taken as zero. Coefficients, lowest degree first: minimax in the Chebyshev
/// basis (Lawson's reweighted least squares on 4001 points, in double) of erfcx(z / sqrt 2) / 2 with the weight
/// exp(-z^2 / 2) max(z, 1): error 3.3e-8.

#include "kernels/arithmetic/host_device.hpp"

namespace tessera::kernels {

inline constexpr float kGaussianTailStart = 5.75f;

struct GaussianTailPolynomial {
  float coefficients[12];
};

/// A function, since device code may not read an array at namespace scope.
TESSERA_HOST_DEVICE constexpr GaussianTailPolynomial gaussian_tail_polynomial() {
  return {{0.49999997f, -0.398939341f, 0.249955684f, -0.132719308f, 0.0617024191f, -0.025148768f, 0.00871688128f,
           -0.00242995704f, 0.0005074449f, -7.27643273e-05f, 6.28715179e-06f, -2.44198873e-07f}};
}

}  // namespace tessera::kernels
