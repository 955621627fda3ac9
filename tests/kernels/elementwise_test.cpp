#include "kernels/elementwise.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/kernels/levels.hpp"

namespace tessera::kernels {
namespace {

using test::Values;

const std::vector<Index> kCounts = {0, 1, 2, 3, 7, 15, 16, 17, 31, 64, 101, 1000};

class Elementwise : public test::EveryLevel {};

template <class T>
void check_updates(Index count) {
  Values values;
  const auto x = values.array<T>(count), y = values.array<T>(count);
  const auto a = static_cast<RealPart<T>>(0.75);
  auto sum = y, scaled = x;
  axpy<T>(count, a, x.data(), sum.data());
  scale<T>(count, a, scaled.data());
  const double bound = 4 * std::numeric_limits<RealPart<T>>::epsilon();
  double dot = 0;
  for (Index i = 0; i < count; ++i) {
    ASSERT_LE(std::abs(sum[i] - (y[i] + a * x[i])), bound);
    ASSERT_EQ(scaled[i], a * x[i]);
    dot += std::real(std::conj(std::complex<double>(x[i])) * std::complex<double>(y[i]));
  }
  ASSERT_NEAR(real_dot(count, x.data(), y.data()), dot, 1e-15 * static_cast<double>(4 * count + 1));
}

template <class T>
void check_affine(Index count) {
  Values values;
  const auto x = values.array<T>(count);
  auto found = x;
  affine(count, T(0.75), T(-3), found.data());
  for (std::size_t i = 0; i < x.size(); ++i)
    ASSERT_NEAR(found[i], T(0.75) * x[i] - 3, 4 * std::numeric_limits<T>::epsilon());
}

template <class T>
void check_rows(Index count) {
  const std::vector<double> a = {0.7, -3.0, 0.0};
  Values values;
  const auto x = values.array<T>(3 * count);
  auto scaled = x;
  scale_rows(3, count, a.data(), scaled.data());
  for (std::size_t i = 0; i < x.size(); ++i) {
    ASSERT_EQ(scaled[i], static_cast<T>(a[i / static_cast<std::size_t>(count)]) * x[i]);
  }
}

template <class T>
void check_finite(Index count) {
  Values values;
  auto x = values.array<T>(count);
  EXPECT_TRUE(all_finite(count, x.data()));
  for (const double bad : {std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(),
                           std::numeric_limits<double>::quiet_NaN()}) {
    for (Index i = 0; i < count; ++i) {
      const T kept = x[i];
      x[i] = static_cast<T>(static_cast<RealPart<T>>(bad));
      ASSERT_FALSE(all_finite(count, x.data())) << bad << " at " << i << " of " << count;
      x[i] = kept;
    }
  }
}

template <class T>
void check_adam(Index count) {
  using R = RealPart<T>;
  using Wide = std::conditional_t<ComplexScalar<T>, std::complex<double>, double>;
  Values values;
  const auto gradient = values.array<T>(count), weight = values.array<T>(count), first = values.array<T>(count);
  auto second = values.array<R>(count);
  for (R& value : second) value = std::abs(value) + R(0.1);
  const AdamStep step{1e-2, 0.9, 0.999, 1e-8, 0.271, 0.003, 0.05, 0.5};
  auto w = weight, m = first;
  auto v = second;
  adam_update(count, step, gradient.data(), w.data(), m.data(), v.data());
  const double bound = 100 * std::numeric_limits<R>::epsilon();
  for (Index i = 0; i < count; ++i) {
    const Wide g = Wide(gradient[i]) * step.gradient_scale;
    const Wide moment = step.beta1 * Wide(first[i]) + (1 - step.beta1) * g;
    const double square = step.beta2 * second[i] + (1 - step.beta2) * std::norm(g);
    const Wide expected =
        Wide(weight[i]) - step.learning_rate * step.weight_decay * Wide(weight[i]) -
        step.learning_rate * (moment / step.correction1) / (std::sqrt(square / step.correction2) + step.epsilon);
    ASSERT_LT(std::abs(Wide(m[i]) - moment), bound);
    ASSERT_NEAR(v[i], square, bound);
    ASSERT_LT(std::abs(Wide(w[i]) - expected), bound) << i;
  }
}

template <class T>
void check_all() {
  for (const Index count : kCounts) {
    check_updates<T>(count);
    check_adam<T>(count);
    if constexpr (RealScalar<T>) {
      check_affine<T>(count);
      check_rows<T>(count);
    }
    if (count < 200) check_finite<T>(count);
  }
}

TEST_P(Elementwise, Float) { check_all<float>(); }
TEST_P(Elementwise, Double) { check_all<double>(); }
TEST_P(Elementwise, ComplexFloat) { check_all<std::complex<float>>(); }
TEST_P(Elementwise, ComplexDouble) { check_all<std::complex<double>>(); }

TEST_P(Elementwise, FloatSumsAreTakenInDouble) {
  const std::vector<float> a = {1e8f, 1.0f, -1e8f};
  const std::vector<float> ones(3, 1.0f);
  EXPECT_EQ(real_dot<float>(3, a.data(), ones.data()), 1.0);
}

TEST_P(Elementwise, FiniteValuesWhoseSumOverflowsAreFinite) {
  const std::vector<float> large(64, std::numeric_limits<float>::max());
  EXPECT_TRUE(all_finite<float>(64, large.data()));
}

INSTANTIATE_TEST_SUITE_P(Levels, Elementwise, testing::ValuesIn(simd_levels()), test::level_name);

}  // namespace
}  // namespace tessera::kernels
