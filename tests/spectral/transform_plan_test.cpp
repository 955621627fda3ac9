#include "tessera/spectral/transform_plan.hpp"

#include <algorithm>

#include "spectral/planned_cases.hpp"

namespace tessera {
namespace {

using testing_support::all_partitions;
using testing_support::for_each_plan;
using testing_support::kAllSchedules;
using testing_support::normal_valued;
using testing_support::TransformCase;
using testing_support::world;

Index exchanges(const TransformPlan& plan) {
  return std::count_if(plan.steps.begin(), plan.steps.end(),
                       [](const TransformStep& step) { return step.kind == TransformStep::Kind::repartition; });
}

Index smallest_tile(const TransformPlan& plan) {
  Index smallest = volume(plan.spectrum_shape);
  for (Index position = 0; position < plan.spectrum_ranks.size(); ++position) {
    smallest = std::min(smallest, plan.spectrum_ranks.tile(plan.spectrum_shape, position).volume());
  }
  return smallest;
}

TransformPlan plan_of(const Shape& grid, const Shape& modes, const Shape& ranks, Schedule schedule) {
  return plan_transform(2, 4, SpectralGrid(grid, modes), RankGrid(ranks), schedule);
}

TEST(TransformPlan, KeepsEveryTransformOnWholeOrPartialLines) {
  for (const Schedule schedule : {Schedule::automatic, Schedule::exchange, Schedule::partial_sums, Schedule::grady}) {
    for (const Shape& ranks : all_partitions(12, 5)) {
      const TransformPlan plan = plan_of({8, 6, 9}, {2, 3, 4}, ranks, schedule);
      std::vector<std::size_t> transformed;
      for (const TransformStep& step : plan.steps) {
        if (step.kind != TransformStep::Kind::transform) continue;
        transformed.push_back(step.axis);
        const Box tile = step.before.tile(step.shape_before, step.before.size() - 1);
        const bool whole = tile.extent[step.axis + 2] == plan.spectral.grid()[step.axis];
        EXPECT_NE(whole, step.partial) << plan.describe();
      }
      std::sort(transformed.begin(), transformed.end());
      EXPECT_EQ(transformed, (std::vector<std::size_t>{0, 1, 2})) << plan.describe();
      EXPECT_EQ(plan.spectrum_shape, (Shape{2, 4, 4, 6, 4}));
      EXPECT_EQ(plan.spectrum_ranks.extents()[0], ranks[0]) << plan.describe();
      EXPECT_EQ(plan.spectrum_ranks.extents()[1], 1) << plan.describe();
      EXPECT_EQ(plan.spectrum_ranks.size(), 12) << plan.describe();
      EXPECT_FALSE(plan.spectrum_ranks.replicates()) << plan.describe();
      EXPECT_LE(exchanges(plan), schedule == Schedule::grady ? 2 : 1) << plan.describe();
    }
  }
}

TEST(TransformPlan, MovesNothingThatIsAtHome) {
  for (const Schedule schedule : kAllSchedules) {
    EXPECT_EQ(exchanges(plan_of({8, 6}, {2, 3}, {5, 1, 1, 1}, schedule)), 0) << schedule_name(schedule);
  }
}

TEST(TransformPlan, TruncatesBeforeItMovesData) {
  const TransformPlan plan = plan_of({64, 32, 16}, {4, 4, 4}, {1, 1, 8, 1, 1}, Schedule::exchange);
  const auto move = std::find_if(plan.steps.begin(), plan.steps.end(), [](const TransformStep& step) {
    return step.kind == TransformStep::Kind::repartition;
  });
  ASSERT_NE(move, plan.steps.end());
  EXPECT_EQ(move->shape_before, (Shape{2, 4, 64, 8, 4}));
}

TEST(TransformPlan, BringsAnyNumberOfDistributedAxesHomeInOneExchange) {
  for (const Shape& ranks : {Shape{1, 1, 2, 3, 4, 1}, {1, 2, 1, 3, 1, 2}, {1, 1, 2, 2, 2, 2}}) {
    const TransformPlan plan =
        plan_transform(1, 2, SpectralGrid({8, 8, 8, 8}, {2, 2, 2, 2}), RankGrid(ranks), Schedule::exchange);
    EXPECT_EQ(exchanges(plan), 1) << plan.describe();
  }
}

TEST(TransformPlan, GivesEveryRankWork) {
  // 64 ranks on an axis; the kept modes of one other axis are 8.
  const TransformPlan line = plan_of({256, 32, 32}, {4, 4, 8}, {1, 1, 64, 1, 1}, Schedule::exchange);
  EXPECT_EQ(smallest_tile(line), volume(line.spectrum_shape) / 64) << line.describe();
  const TransformPlan channels = plan_of({32, 32}, {4, 8}, {1, 64, 1, 1}, Schedule::exchange);
  EXPECT_EQ(channels.spectrum_ranks.extents(), (Shape{1, 1, 8, 8})) << channels.describe();
  const TransformPlan sums = plan_of({256, 32, 32}, {4, 4, 8}, {1, 1, 64, 1, 1}, Schedule::partial_sums);
  EXPECT_EQ(smallest_tile(sums), volume(sums.spectrum_shape) / 64) << sums.describe();
}

TEST(TransformPlan, GradyMovesRanksBetweenPartnerAxes) {
  const SpectralGrid spectral({8, 8, 8, 8}, {2, 2, 2, 2});
  const TransformPlan plan = plan_transform(1, 2, spectral, RankGrid({1, 2, 1, 1, 3, 5}), Schedule::grady);
  ASSERT_EQ(exchanges(plan), 2) << plan.describe();
  EXPECT_EQ(plan.steps.front().after.extents(), (Shape{1, 1, 6, 5, 1, 1})) << plan.describe();
  EXPECT_EQ(plan.spectrum_ranks.extents(), (Shape{1, 1, 1, 1, 6, 5})) << plan.describe();
}

TEST(TransformPlan, WitteMovesTheRanksToTheNextAxis) {
  const TransformPlan plan = plan_of({8, 8, 8}, {2, 2, 2}, {1, 1, 1, 4, 1}, Schedule::witte);
  EXPECT_EQ(exchanges(plan), 1) << plan.describe();
  EXPECT_EQ(plan.spectrum_ranks.extents(), (Shape{1, 1, 1, 1, 4})) << plan.describe();
  const TransformPlan last = plan_of({8, 8, 8}, {2, 2, 2}, {1, 1, 1, 1, 4}, Schedule::witte);
  EXPECT_EQ(last.spectrum_ranks.extents(), (Shape{1, 1, 4, 1, 1})) << last.describe();
}

TEST(TransformPlan, SendsItsShareOnceInEachDirection) {
  // 4 ranks on axis 0 of 8 cells; after the last axis is truncated to 4 modes they cut it. Each rank keeps a quarter.
  const TransformPlan plan = plan_of({8, 12}, {3, 4}, {1, 1, 4, 1}, Schedule::exchange);
  for (Index position = 0; position < 4; ++position) {
    EXPECT_EQ(plan.analysis_traffic(position, 4), (Traffic{2 * 4 * 2 * 3 * 8, 3})) << plan.describe();
    EXPECT_EQ(plan.synthesis_traffic(position, 4), (Traffic{2 * 4 * 2 * 3 * 8, 3})) << plan.describe();
  }
  EXPECT_EQ(plan.analysis_traffic(-1, 4), Traffic{});
}

class PlannedTraffic : public testing::TestWithParam<TransformCase> {};
INSTANTIATE_TEST_SUITE_P(Cases, PlannedTraffic, testing::ValuesIn(testing_support::transform_cases()));

TEST_P(PlannedTraffic, IsWhatEveryRankSends) {
  auto grids = all_partitions(world()->size(), GetParam().grid.size() + 2);
  grids.push_back(Shape(GetParam().grid.size() + 2, 1));
  for_each_plan<float>(GetParam(), grids, [](const std::shared_ptr<const PlannedTransform<float>>& transform) {
    const Index here = transform->grid_space().partition.position();
    const auto x = normal_valued<float>(transform->grid_space(), 1);
    const auto modes = normal_valued<std::complex<float>>(transform->spectrum_space(), 1);
    const TruncatedFft<float> fft(transform);
    const TruncatedInverseFft<float> inverse(transform);
    TrafficLedger& ledger = world()->ledger();
    ledger.clear();
    fft.forward(x);
    EXPECT_EQ(ledger.of("TruncatedFft"), transform->plan().analysis_traffic(here, sizeof(float)));
    inverse.forward(modes);
    EXPECT_EQ(ledger.of("TruncatedInverseFft"), transform->plan().synthesis_traffic(here, sizeof(float)));
    ledger.clear();
    fft.adjoint(modes);
    EXPECT_EQ(ledger.total(), transform->plan().synthesis_traffic(here, sizeof(float)));
    ledger.clear();
    inverse.adjoint(x);
    EXPECT_EQ(ledger.total(), transform->plan().analysis_traffic(here, sizeof(float)));
  });
}

TEST(TransformPlan, DescribesItsSteps) {
  const std::string text = plan_of({8, 12}, {3, 4}, {1, 1, 2, 2}, Schedule::exchange).describe();
  EXPECT_NE(text.find("transform grid axis 1 (own slab, partial sums): [2, 4, 8, 12] -> [2, 4, 8, 4]"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("sum at the owners"), std::string::npos) << text;
  EXPECT_NE(text.find("1x1x1x4"), std::string::npos) << text;
}

TEST(TransformPlan, TransformsWhatNeedsNoRankBeforeTheOneExchange) {
  for (const Schedule schedule : {Schedule::automatic, Schedule::exchange, Schedule::partial_sums, Schedule::witte}) {
    for (const Shape& ranks : all_partitions(12, 5)) {
      if (schedule == Schedule::witte && (ranks[1] > 1 || std::max({ranks[2], ranks[3], ranks[4]}) * ranks[0] < 12))
        continue;
      const TransformPlan plan = plan_of({8, 6, 9}, {2, 3, 4}, ranks, schedule);
      const std::vector<AxisRoute> routes = plan.axis_routes();
      bool exchanged = false;
      for (const TransformStep& step : plan.steps) {
        if (step.kind == TransformStep::Kind::repartition) {
          EXPECT_FALSE(exchanged) << plan.describe();
          exchanged = true;
        } else {
          EXPECT_EQ(exchanged, routes[step.axis] == AxisRoute::exchange) << plan.describe();
        }
      }
    }
  }
}

TEST(TransformPlan, KnowsTheRouteOfEveryAxis) {
  const TransformPlan plan = plan_of({8, 12, 6}, {3, 4, 2}, {1, 1, 2, 2, 1}, Schedule::partial_sums);
  EXPECT_EQ(plan.axis_routes(),
            (std::vector<AxisRoute>{AxisRoute::partial_sums, AxisRoute::partial_sums, AxisRoute::local}));
  EXPECT_EQ(plan.summary(), "partial sums of grid axis 0, grid axis 1");
  const TransformPlan home = plan_of({8, 12, 6}, {3, 4, 2}, {1, 2, 1, 2, 1}, Schedule::exchange);
  EXPECT_EQ(home.axis_routes(), (std::vector<AxisRoute>{AxisRoute::local, AxisRoute::exchange, AxisRoute::local}));
  EXPECT_EQ(home.summary(), "exchange of the channels, grid axis 1");
  EXPECT_EQ(plan_of({8, 12}, {3, 4}, {1, 1, 2, 2}, Schedule::exchange).summary(),
            "exchange of grid axis 0; partial sums of grid axis 1");
  EXPECT_EQ(plan_of({8, 12}, {3, 4}, {2, 1, 1, 1}, Schedule::automatic).summary(), "local");
}

TEST(TransformPlan, AddsUpTheBusiestRank) {
  for (const Schedule schedule : kAllSchedules) {
    const TransformPlan plan = plan_of({7, 9, 5}, {3, 2, 3}, {1, 1, 1, 4, 1}, schedule);
    Traffic most;
    for (Index position = 0; position < 4; ++position) {
      const Traffic there = plan.analysis_traffic(position, 4);
      const Traffic back = plan.synthesis_traffic(position, 4);
      most = {std::max(most.bytes, there.bytes + back.bytes), std::max(most.messages, there.messages + back.messages)};
    }
    EXPECT_GT(most.bytes, 0);
    EXPECT_EQ(plan.busiest_traffic(4), most) << schedule_name(schedule);
    EXPECT_EQ(plan.busiest_traffic(8).bytes, 2 * most.bytes) << schedule_name(schedule);
  }
}

TEST(TransformPlan, RefusesPartitionsItCannotServe) {
  EXPECT_THROW(plan_of({8, 8}, {2, 2}, {1, 1, 2}, Schedule::exchange), PartitionError);
  const SpectralGrid spectral({8, 8}, {2, 2});
  EXPECT_THROW(plan_transform(1, 1, spectral, RankGrid({1, 1, 2, 1}, {0, 1, 3, 2}), Schedule::exchange),
               PartitionError);
  EXPECT_THROW(plan_transform(1, 1, spectral, RankGrid({1, 2, 1, 1}, {0, -1, 2, 3}), Schedule::exchange),
               PartitionError);
  EXPECT_THROW(plan_of({8}, {2}, {1, 1, 2}, Schedule::grady), PartitionError);
  EXPECT_THROW(plan_of({8, 8}, {2, 2}, {1, 1, 2, 2}, Schedule::witte), PartitionError);
  EXPECT_THROW(plan_of({8, 8}, {2, 2}, {1, 2, 1, 1}, Schedule::witte), PartitionError);
  EXPECT_THROW(plan_of({8}, {2}, {1, 1, 2}, Schedule::witte), PartitionError);
}

TEST(Schedule, IsKnownByItsName) {
  for (const Schedule schedule : kAllSchedules) EXPECT_EQ(schedule_from_name(schedule_name(schedule)), schedule);
  EXPECT_THROW(schedule_from_name("fastest"), ConfigError);
  EXPECT_THROW(schedule_from_name(""), ConfigError);
}

}  // namespace
}  // namespace tessera
