#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <limits>

#include "kernels/arithmetic/adam.hpp"

namespace tessera::kernels {
namespace {

constexpr AdamStep kStep{1e-2, 0.9, 0.999, 1e-8, 0.271, 0.003, 0.05, 0.5};

/// Algorithm 1 of arXiv 1412.6980 with decoupled decay, in double.
struct Expected {
  std::complex<double> weight, first;
  double second;

  Expected(std::complex<double> gradient, std::complex<double> w, std::complex<double> m, double v) {
    const std::complex<double> g = kStep.gradient_scale * gradient;
    first = kStep.beta1 * m + (1 - kStep.beta1) * g;
    second = kStep.beta2 * v + (1 - kStep.beta2) * std::norm(g);
    weight =
        w - kStep.learning_rate * kStep.weight_decay * w -
        kStep.learning_rate * (first / kStep.correction1) / (std::sqrt(second / kStep.correction2) + kStep.epsilon);
  }
};

template <class T>
void check_real() {
  const double bound = 20 * std::numeric_limits<T>::epsilon();
  for (const double g : {-1.25, 0.0, 1e-3, 0.75}) {
    T weight = T(0.5), first = T(-0.125), second = T(0.25);
    const Expected expected(static_cast<T>(g), 0.5, -0.125, 0.25);
    adam_step(adam_constants<T>(kStep), static_cast<T>(g), weight, first, second);
    EXPECT_NEAR(weight, expected.weight.real(), bound);
    EXPECT_NEAR(first, expected.first.real(), bound);
    EXPECT_NEAR(second, expected.second, bound);
  }
}

template <class T>
void check_complex() {
  const double bound = 20 * std::numeric_limits<T>::epsilon();
  Complex<T> weight{T(0.5), T(-1)}, first{T(-0.125), T(0.25)};
  const Complex<T> gradient{T(0.75), T(-1.5)};
  T second = T(0.25);
  const Expected expected({0.75, -1.5}, {0.5, -1}, {-0.125, 0.25}, 0.25);
  adam_step(adam_constants<T>(kStep), gradient, weight, first, second);
  EXPECT_NEAR(weight.real, expected.weight.real(), bound);
  EXPECT_NEAR(weight.imaginary, expected.weight.imag(), bound);
  EXPECT_NEAR(first.real, expected.first.real(), bound);
  EXPECT_NEAR(first.imaginary, expected.first.imag(), bound);
  EXPECT_NEAR(second, expected.second, bound);
}

TEST(ArithmeticAdam, OneStepOfARealWeight) {
  check_real<float>();
  check_real<double>();
}

TEST(ArithmeticAdam, OneStepOfAComplexWeight) {
  check_complex<float>();
  check_complex<double>();
}

TEST(ArithmeticAdam, AGradientThatIsNoNumberReachesTheWeight) {
  float weight = 1, first = 0, second = 0;
  adam_step(adam_constants<float>(kStep), std::numeric_limits<float>::quiet_NaN(), weight, first, second);
  EXPECT_TRUE(std::isnan(weight));
}

}  // namespace
}  // namespace tessera::kernels
