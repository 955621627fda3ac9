#include "tessera/layers/loss.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "support/gather.hpp"
#include "support/mpi_fixture.hpp"
#include "support/partitions.hpp"
#include "tessera/core/error.hpp"
#include "tessera/testing/gradient_test.hpp"
#include "tessera/training/metrics.hpp"

namespace tessera {
namespace {

using namespace testing_support;

const Shape kShape{3, 2, 4, 5};

TEST(Loss, ValueAndGradientAreThoseOfOneRankAndPassTaylor) {
  const Partition one_rank(world(), {1, 1, 1, 1});
  for (const Loss loss : {Loss::relative_l2, Loss::mse}) {
    SCOPED_TRACE(loss_name(loss));
    const auto expected = evaluate_loss(loss, random_tensor<double>({kShape, one_rank}, "y"),
                                        random_tensor<double>({kShape, one_rank}, "t"));
    for (const Shape& extents : all_partitions(world()->size(), 4)) {
      const TensorSpace space{kShape, Partition(world(), extents)};
      const auto y = random_tensor<double>(space, "y");
      const auto t = random_tensor<double>(space, "t");
      const auto v = random_tensor<double>(space, "v");
      const auto result = evaluate_loss(loss, y, t);
      EXPECT_NEAR(result.value, expected.value, 1e-14);
      EXPECT_LT(relative_difference(result.gradient, expected.gradient), 1e-14);
      const auto report = gradient_test(
          [&](double step) {
            auto moved = y.clone();
            axpy(step, v, moved);
            return evaluate_loss(loss, moved, t).value;
          },
          inner_product(result.gradient, v));
      EXPECT_TRUE(report.passes()) << to_string(extents) << "\n" << report.describe();
    }
  }
}

TEST(Loss, RelativeL2IsTheMeanOverSamples) {
  const TensorSpace space{{2, 1, 3}, Partition(world(), {1, 1, world()->size()})};
  DistTensor<double> y(space), t(space);
  fill(t, [](Index) { return 1.0; });
  fill(y, [](Index i) { return i < 3 ? 1.5 : 3.0; });  // errors of 50 % and 200 %
  EXPECT_NEAR(evaluate_loss(Loss::relative_l2, y, t).value, 1.25, 1e-14);
  EXPECT_NEAR(evaluate_loss(Loss::mse, y, t).value, (0.25 + 4.0) / 2.0, 1e-14);
}

TEST(Loss, PerfectPredictionsHaveNoGradient) {
  const TensorSpace space{kShape, Partition(world(), {1, 1, world()->size(), 1})};
  const auto t = random_tensor<double>(space, "t");
  const auto result = evaluate_loss(Loss::relative_l2, t, t);
  EXPECT_EQ(result.value, 0.0);
  EXPECT_EQ(norm(result.gradient), 0.0);
}

TEST(Loss, UnknownNamesListTheKnownOnes) {
  EXPECT_EQ(loss_from_name("mse"), Loss::mse);
  EXPECT_THROW(loss_from_name("l1"), ConfigError);
}

TEST(Metrics, AreThoseOfTheWholeSetOnEveryPartition) {
  // Truth 0..n-1, prediction off by +1 or -2: every metric has a closed form.
  const Index samples = 4, cells = 6;
  const auto n = static_cast<double>(samples * cells);
  for (const Shape& extents : all_partitions(world()->size(), 3)) {
    MetricsAccumulator metrics;
    for (Index batch = 0; batch < 2; ++batch) {
      const TensorSpace space{{2, 1, cells}, Partition(world(), extents)};
      DistTensor<double> y(space), t(space);
      const Index first = batch * 2 * cells;
      fill(t, [&](Index i) { return static_cast<double>(first + i); });
      fill(y, [&](Index i) { return static_cast<double>(first + i) + (i % 2 == 0 ? 1.0 : -2.0); });
      metrics.add(y, t);
    }
    const Metrics result = metrics.result();
    EXPECT_NEAR(result.mse, 2.5, 1e-13) << to_string(extents);
    EXPECT_NEAR(result.mae, 1.5, 1e-13);
    EXPECT_NEAR(result.max_error, 2.0, 1e-13);
    EXPECT_NEAR(result.r2, 1.0 - 2.5 * n / (n * (n * n - 1.0) / 12.0), 1e-13);
    double relative = 0.0;
    for (Index sample = 0; sample < samples; ++sample) {
      double norm = 0.0;
      for (Index i = 0; i < cells; ++i) norm += std::pow(static_cast<double>(sample * cells + i), 2);
      relative += std::sqrt(2.5 * static_cast<double>(cells) / norm) / static_cast<double>(samples);
    }
    EXPECT_NEAR(result.relative_l2, relative, 1e-13);
    EXPECT_EQ(result.samples, samples);
  }
}

}  // namespace
}  // namespace tessera
