#include "kernels/activation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "tests/kernels/levels.hpp"

namespace tessera::kernels {
namespace {

double exact_gelu(double x) { return 0.5 * x * std::erfc(-x / std::numbers::sqrt2); }

double exact_derivative(double x) {
  return 0.5 * std::erfc(-x / std::numbers::sqrt2) + x * std::exp(-0.5 * x * x) / std::sqrt(2 * std::numbers::pi);
}

class Activation : public test::EveryLevel {};

/// Evenly spaced values over [-12, 12], an odd number of them.
std::vector<float> sweep() {
  std::vector<float> x(200'003);
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = static_cast<float>(-12.0 + 24.0 * static_cast<double>(i) / 200'002.0);
  return x;
}

TEST_P(Activation, FloatErrorIsWithinTheStatedBound) {
  const std::vector<float> x = sweep(), ones(x.size(), 1.0f);
  std::vector<float> y(x.size()), derivative(x.size());
  gelu<float>(static_cast<Index>(x.size()), x.data(), y.data());
  gelu_backward<float>(static_cast<Index>(x.size()), x.data(), ones.data(), derivative.data());
  double worst = 0, worst_derivative = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    worst = std::max(worst, std::abs(y[i] - exact_gelu(x[i])) / std::max(1.0, std::abs(static_cast<double>(x[i]))));
    worst_derivative = std::max(worst_derivative, std::abs(derivative[i] - exact_derivative(x[i])));
  }
  EXPECT_LT(worst, 2e-7);
  EXPECT_LT(worst_derivative, 5e-7);
}

TEST_P(Activation, DoubleAgreesWithErf) {
  const std::vector<double> x = {-30, -6, -1.5, -0.25, 0, 1e-9, 0.25, 1.5, 6, 30};
  const std::vector<double> gy(x.size(), 2.0);
  std::vector<double> y(x.size()), gx(x.size());
  gelu<double>(static_cast<Index>(x.size()), x.data(), y.data());
  gelu_backward<double>(static_cast<Index>(x.size()), x.data(), gy.data(), gx.data());
  for (std::size_t i = 0; i < x.size(); ++i) {
    EXPECT_NEAR(y[i], exact_gelu(x[i]), 1e-15 * std::max(1.0, std::abs(x[i])));
    EXPECT_NEAR(gx[i], 2 * exact_derivative(x[i]), 1e-15);
    const double h = 1e-5;
    EXPECT_NEAR(gx[i], (exact_gelu(x[i] + h) - exact_gelu(x[i] - h)) / h, 1e-9);
  }
}

template <class T>
void check_extremes() {
  const T infinity = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
  const std::vector<T> x = {infinity,
                            -infinity,
                            T(1e30),
                            T(-1e30),
                            std::numeric_limits<T>::max(),
                            std::numeric_limits<T>::lowest(),
                            nan,
                            T(0),
                            std::numeric_limits<T>::denorm_min()};
  const std::vector<T> ones(x.size(), T(1));
  std::vector<T> y(x.size()), d(x.size());
  gelu<T>(static_cast<Index>(x.size()), x.data(), y.data());
  gelu_backward<T>(static_cast<Index>(x.size()), x.data(), ones.data(), d.data());
  for (std::size_t i : {0u, 2u, 4u}) {
    EXPECT_EQ(y[i], x[i]);
    EXPECT_EQ(d[i], T(1));
  }
  for (std::size_t i : {1u, 3u, 5u}) {
    EXPECT_EQ(y[i], T(0));
    EXPECT_EQ(d[i], T(0));
  }
  EXPECT_TRUE(std::isnan(y[6]));
  EXPECT_TRUE(std::isnan(d[6]));
  EXPECT_EQ(y[7], T(0));
  EXPECT_NEAR(d[7], T(0.5), 1e-7);
  EXPECT_NEAR(y[8], T(0), 1e-30);
}

TEST_P(Activation, ExtremeArguments) {
  check_extremes<float>();
  check_extremes<double>();
}

TEST_P(Activation, EveryCountAndInPlace) {
  test::Values values;
  for (Index count = 0; count <= 40; ++count) {
    const auto x = values.array<float>(count + 1), gy = values.array<float>(count + 1);
    auto y = x, gx = gy;
    gelu<float>(count, y.data(), y.data());
    gelu_backward<float>(count, x.data(), gx.data(), gx.data());
    for (Index i = 0; i < count; ++i) {
      ASSERT_NEAR(y[i], exact_gelu(x[i]), 2e-7);
      ASSERT_NEAR(gx[i], gy[i] * exact_derivative(x[i]), 5e-7);
    }
    ASSERT_EQ(y[count], x[count]);
    ASSERT_EQ(gx[count], gy[count]);
  }
}

TEST_P(Activation, ValueAndDerivativeTogetherAreThoseOfEach) {
  test::Values values;
  for (const Index count : {Index{0}, Index{1}, Index{7}, Index{64}, Index{333}}) {
    auto x = values.array<float>(count);
    for (float& value : x) value *= 7;
    const std::vector<float> ones(x.size(), 1.0f);
    std::vector<float> y(x.size()), slope(x.size()), expected_y(x.size()), expected_slope(x.size());
    gelu<float>(count, x.data(), expected_y.data());
    gelu_backward<float>(count, x.data(), ones.data(), expected_slope.data());
    gelu_with_derivative<float>(count, x.data(), y.data(), slope.data());
    EXPECT_EQ(y, expected_y);
    EXPECT_EQ(slope, expected_slope);
    gelu_with_derivative<float>(count, x.data(), x.data(), slope.data());
    EXPECT_EQ(x, expected_y);
  }
  const double x = -0.7;
  double y = 0, slope = 0;
  gelu_with_derivative<double>(1, &x, &y, &slope);
  EXPECT_NEAR(y, exact_gelu(x), 1e-15);
  EXPECT_NEAR(slope, exact_derivative(x), 1e-15);
}

template <class T>
void check_activated_gradient(Index hidden, Index out, Index count) {
  SCOPED_TRACE(testing::Message() << hidden << " " << out << " " << count);
  test::Values values;
  const auto w = values.array<T>(out * hidden), gy = values.array<T>(out * count);
  const auto slopes = values.array<T>(hidden * count);
  auto gh = slopes, without_sums = slopes;
  std::vector<double> sums(static_cast<std::size_t>(hidden), 3.0);
  activated_gradient(hidden, out, count, w.data(), gy.data(), gh.data(), sums.data());
  activated_gradient<T>(hidden, out, count, w.data(), gy.data(), without_sums.data(), nullptr);
  EXPECT_EQ(gh, without_sums);
  const double bound = 8 * std::numeric_limits<T>::epsilon();
  for (Index j = 0; j < hidden; ++j) {
    double sum = 3.0;
    for (Index p = 0; p < count; ++p) {
      double expected = 0;
      for (Index o = 0; o < out; ++o) expected += static_cast<double>(w[o * hidden + j]) * gy[o * count + p];
      expected *= slopes[j * count + p];
      EXPECT_NEAR(gh[j * count + p], expected, bound * static_cast<double>(out));
      sum += expected;
    }
    EXPECT_NEAR(sums[j], sum, bound * static_cast<double>(out * (count + 1)));
  }
}

TEST_P(Activation, GradientBeforeAnActivationAgreesWithLoops) {
  for (const Index count : {Index{0}, Index{1}, Index{5}, Index{16}, Index{67}}) {
    check_activated_gradient<float>(3, 1, count);
    check_activated_gradient<float>(5, 3, count);
    check_activated_gradient<double>(4, 2, count);
  }
}

INSTANTIATE_TEST_SUITE_P(Levels, Activation, testing::ValuesIn(simd_levels()), test::level_name);

}  // namespace
}  // namespace tessera::kernels
