#pragma once

/// \file
/// One Adam step of one weight, see kernels/elementwise.hpp.

#include <cmath>

#include "kernels/arithmetic/complex_product.hpp"
#include "kernels/arithmetic/host_device.hpp"

namespace tessera::kernels {

/// Parts of one Adam step (Kingma & Ba, arXiv 1412.6980, algorithm 1; decoupled weight decay as in
/// Loshchilov & Hutter, arXiv 1711.05101, algorithm 2).
struct AdamStep {
  double learning_rate;
  double beta1, beta2, epsilon;
  double correction1, correction2;  ///< 1 - beta1^t and 1 - beta2^t
  double weight_decay;              ///< decoupled: w -= learning_rate * weight_decay * w
  double gradient_scale;            ///< factor on the gradient (clipping)
};

/// The constants of one Adam step: m = beta1 m + one_minus_beta1 (s g), v likewise with |s g|^2,
/// w = decay w - rate m / (sqrt(v * inverse_correction2) + epsilon).
template <class T>
struct AdamConstants {
  T beta1, one_minus_beta1, beta2, one_minus_beta2;
  T gradient_scale, inverse_correction2, epsilon, rate, decay;
};

/// Computed in double and rounded once.
template <class T>
AdamConstants<T> adam_constants(const AdamStep& step) {
  return {static_cast<T>(step.beta1),
          static_cast<T>(1 - step.beta1),
          static_cast<T>(step.beta2),
          static_cast<T>(1 - step.beta2),
          static_cast<T>(step.gradient_scale),
          static_cast<T>(1 / step.correction2),
          static_cast<T>(step.epsilon),
          static_cast<T>(step.learning_rate / step.correction1),
          static_cast<T>(1 - step.learning_rate * step.weight_decay)};
}

template <class T>
TESSERA_HOST_DEVICE inline void adam_step(const AdamConstants<T>& c, T gradient, T& weight, T& first, T& second) {
  const T g = c.gradient_scale * gradient;
  first = c.beta1 * first + c.one_minus_beta1 * g;
  second = c.beta2 * second + c.one_minus_beta2 * g * g;
  const T root = std::sqrt(second * c.inverse_correction2) + c.epsilon;
  weight = c.decay * weight - c.rate * first / root;
}

/// A complex weight has one second moment, of |g|^2.
template <class T>
TESSERA_HOST_DEVICE inline void adam_step(const AdamConstants<T>& c, const Complex<T>& gradient, Complex<T>& weight,
                                          Complex<T>& first, T& second) {
  const T real = c.gradient_scale * gradient.real;
  const T imaginary = c.gradient_scale * gradient.imaginary;
  first.real = c.beta1 * first.real + c.one_minus_beta1 * real;
  first.imaginary = c.beta1 * first.imaginary + c.one_minus_beta1 * imaginary;
  second = c.beta2 * second + c.one_minus_beta2 * (real * real + imaginary * imaginary);
  const T factor = c.rate / (std::sqrt(second * c.inverse_correction2) + c.epsilon);
  weight.real = c.decay * weight.real - factor * first.real;
  weight.imaginary = c.decay * weight.imaginary - factor * first.imaginary;
}

}  // namespace tessera::kernels
