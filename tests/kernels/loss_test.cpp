#include "kernels/loss.hpp"

#include <gtest/gtest.h>

#include "tests/kernels/levels.hpp"

namespace tessera::kernels {
namespace {

class LossKernels : public test::EveryLevel {};

template <class T>
void check(Index count) {
  SCOPED_TRACE(count);
  test::Values values;
  const auto prediction = values.array<T>(count), target = values.array<T>(count);
  auto difference = prediction;
  double error = 0, norm = 0;
  double result[2] = {5, 5};
  squared_errors(count, prediction.data(), target.data(), result);
  scaled_difference(count, 0.3, prediction.data(), target.data(), difference.data());
  for (std::size_t i = 0; i < target.size(); ++i) {
    const double t = target[i], d = prediction[i] - t;
    error += d * d;
    norm += t * t;
    ASSERT_EQ(difference[i], static_cast<T>(0.3 * d)) << i;
  }
  EXPECT_NEAR(result[0], error, 1e-13 * error);
  EXPECT_NEAR(result[1], norm, 1e-13 * norm);
}

TEST_P(LossKernels, AgreeWithPlainLoops) {
  for (const Index count : {0, 1, 7, 33, 2048, 2049, 10'000}) {
    check<float>(count);
    check<double>(count);
  }
}

TEST_P(LossKernels, DifferencesOfFloatsAreTakenInDouble) {
  const float prediction = 1e8f, target = 1e-3f;
  double result[2];
  squared_errors(1, &prediction, &target, result);
  const double difference = 1e8 - static_cast<double>(target);
  EXPECT_EQ(result[0], difference * difference);
}

INSTANTIATE_TEST_SUITE_P(Levels, LossKernels, testing::ValuesIn(simd_levels()), test::level_name);

}  // namespace
}  // namespace tessera::kernels
