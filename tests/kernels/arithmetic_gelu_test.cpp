#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "kernels/arithmetic/gelu.hpp"

namespace tessera::kernels {
namespace {

double exact_gelu(double x) { return 0.5 * x * std::erfc(-x / std::numbers::sqrt2); }

double exact_derivative(double x) {
  return 0.5 * std::erfc(-x / std::numbers::sqrt2) + x * std::exp(-0.5 * x * x) / std::sqrt(2 * std::numbers::pi);
}

TEST(ArithmeticGelu, FloatErrorIsWithinTheStatedBound) {
  double worst = 0, worst_derivative = 0;
  for (int i = 0; i <= 1'000'000; ++i) {
    const auto x = static_cast<float>(-10.0 + 2e-5 * i);
    const GeluParts<float> parts = gelu_parts(x);
    worst = std::max(worst, std::abs(parts.value - exact_gelu(x)));
    worst_derivative = std::max(worst_derivative, std::abs(parts.derivative - exact_derivative(x)));
    if (std::abs(x) >= kGaussianTailStart) {
      ASSERT_EQ(parts.value, std::max(x, 0.0f));
    }
  }
  EXPECT_LT(worst, 3e-7);
  EXPECT_LT(worst_derivative, 3e-7);
}

TEST(ArithmeticGelu, FloatIsSmallWithItsArgument) {
  for (float x = 1e-3f; x > 1e-37f; x *= 0.1f) {
    EXPECT_NEAR(gelu_value(x), exact_gelu(x), 2e-7 * x);
    EXPECT_NEAR(gelu_value(-x), exact_gelu(-x), 2e-7 * x);
  }
}

TEST(ArithmeticGelu, DoubleAgreesWithErf) {
  for (int i = 0; i <= 60'000; ++i) {
    const double x = -30.0 + 1e-3 * i;
    ASSERT_NEAR(gelu_value(x), exact_gelu(x), 1e-15 * std::max(1.0, std::abs(x)));
    ASSERT_NEAR(gelu_derivative(x), exact_derivative(x), 1e-15);
  }
}

TEST(ArithmeticGelu, PartsAreValueAndDerivative) {
  for (const double x : {-7.0, -0.7, 0.0, 0.3, 4.0}) {
    EXPECT_EQ(gelu_parts(x).value, gelu_value(x));
    EXPECT_EQ(gelu_parts(x).derivative, gelu_derivative(x));
    const auto single = static_cast<float>(x);
    EXPECT_EQ(gelu_parts(single).value, gelu_value(single));
    EXPECT_EQ(gelu_parts(single).derivative, gelu_derivative(single));
  }
}

template <class T>
void check_extremes() {
  const T infinity = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
  for (const T x : {infinity, std::numeric_limits<T>::max(), T(1e30)}) {
    EXPECT_EQ(gelu_value(x), x);
    EXPECT_EQ(gelu_derivative(x), T(1));
    EXPECT_EQ(gelu_value(-x), T(0));
    EXPECT_EQ(gelu_derivative(-x), T(0));
  }
  EXPECT_TRUE(std::isnan(gelu_value(nan)));
  EXPECT_TRUE(std::isnan(gelu_derivative(nan)));
  EXPECT_EQ(gelu_value(T(0)), T(0));
  EXPECT_NEAR(gelu_derivative(T(0)), T(0.5), 1e-7);
}

TEST(ArithmeticGelu, LimitsAndNan) {
  check_extremes<float>();
  check_extremes<double>();
}

}  // namespace
}  // namespace tessera::kernels
