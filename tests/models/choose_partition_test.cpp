#include "tessera/models/choose_partition.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "tessera/core/error.hpp"
#include "tessera/models/cost.hpp"

namespace tessera {
namespace {

FnoConfig config_of(Shape grid, Shape modes, Schedule schedule = Schedule::exchange) {
  FnoConfig config;
  config.grid = std::move(grid);
  config.modes = std::move(modes);
  config.width = 4;
  config.schedule = schedule;
  return config;
}

const FnoConfig kFlow = config_of({24, 16, 16, 12}, {6, 4, 4, 3});

Index largest_tile(const FnoConfig& config, Index batch, const Shape& extents) {
  return RankGrid(extents).tile(config.output_shape(batch), 0).volume();
}

Index most_bytes(const FnoConfig& config, Index batch, const Shape& extents) {
  const FnoCost cost(config, batch, RankGrid(extents), 4);
  Index most = 0;
  for (Index position = 0; position < volume(extents); ++position)
    most = std::max(most, cost.training_traffic(position).bytes);
  return most;
}

TEST(ChoosePartition, OneRankDividesNothing) { EXPECT_EQ(choose_partition(1, kFlow, 2), (Shape{1, 1, 1, 1, 1, 1})); }

class ChoosePartitionFor : public testing::TestWithParam<Schedule> {};
INSTANTIATE_TEST_SUITE_P(Schedules, ChoosePartitionFor,
                         testing::Values(Schedule::automatic, Schedule::exchange, Schedule::partial_sums));

TEST_P(ChoosePartitionFor, DividesSpaceIntoTheSmallestTilesWithTheFewestBytes) {
  const FnoConfig flow = config_of(kFlow.grid, kFlow.modes, GetParam());
  for (Index ranks = 1; ranks <= 24; ++ranks) {
    const Shape chosen = choose_partition(ranks, flow, 2);
    ASSERT_EQ(chosen.size(), 6u);
    EXPECT_EQ(volume(chosen), ranks);
    if (ranks == 17 || ranks == 19 || ranks == 23) continue;  // no room on the y and z axes, checked below
    EXPECT_EQ(chosen[0] * chosen[1] * chosen[5], 1) << to_string(chosen);
    for (Index x = 1; x <= std::min<Index>(ranks, 24); ++x) {
      for (Index y = 1; y <= 16; ++y) {
        if (ranks % (x * y) != 0 || ranks / (x * y) > 16) continue;
        const Shape other{1, 1, x, y, ranks / (x * y), 1};
        EXPECT_LE(largest_tile(flow, 2, chosen), largest_tile(flow, 2, other)) << to_string(chosen) << to_string(other);
        if (largest_tile(flow, 2, chosen) == largest_tile(flow, 2, other)) {
          EXPECT_LE(most_bytes(flow, 2, chosen), most_bytes(flow, 2, other)) << to_string(chosen) << to_string(other);
        }
      }
    }
  }
}

TEST(ChoosePartition, TakesTheAxisThatDividesEvenly) {
  EXPECT_EQ(choose_partition(5, config_of({8, 10, 8}, {2, 2, 2}), 1), (Shape{1, 1, 1, 5, 1}));
  EXPECT_EQ(choose_partition(23, kFlow, 2), (Shape{1, 1, 23, 1, 1, 1}));
}

TEST(ChoosePartition, FallsBackToTimeThenBatch) {
  const FnoConfig line = config_of({16}, {4});
  EXPECT_EQ(choose_partition(4, line, 8), (Shape{1, 1, 4}));
  EXPECT_EQ(choose_partition(32, line, 8), (Shape{8, 1, 4}));
  const FnoConfig narrow = config_of({2, 8}, {1, 2});
  EXPECT_EQ(choose_partition(2, narrow, 4), (Shape{1, 1, 2, 1}));
  const Shape beyond_space = choose_partition(4, narrow, 4);
  EXPECT_EQ(beyond_space[0], 1);
  EXPECT_GT(beyond_space[3], 1);
  EXPECT_EQ(choose_partition(8, config_of({2, 2}, {1, 1}), 2), (Shape{2, 1, 2, 2}));
}

TEST(ChoosePartition, PlacesMoreRanksThanCells) {
  EXPECT_EQ(volume(choose_partition(7, config_of({2, 2}, {1, 1}), 1)), 7);
  EXPECT_EQ(volume(choose_partition(64, config_of({2, 2}, {1, 1}), 2)), 64);
}

TEST(ChoosePartition, ServesThousandsOfRanks) {
  const FnoConfig large = config_of({128, 128, 128, 64}, {12, 12, 8, 8}, Schedule::automatic);
  const Shape chosen = choose_partition(4096, large, 1);
  EXPECT_EQ(volume(chosen), 4096);
  EXPECT_EQ(largest_tile(large, 1, chosen), largest_tile(large, 1, {1, 1, 16, 16, 16, 1}));
}

TEST(ChoosePartition, RespectsWhatTheScheduleServes) {
  const Shape chosen = choose_partition(4, config_of({8, 8, 8}, {2, 2, 2}, Schedule::witte), 1);
  EXPECT_EQ(*std::max_element(chosen.begin(), chosen.end()), 4);
  EXPECT_EQ(choose_partition(2, config_of({8}, {2}, Schedule::grady), 4), (Shape{2, 1, 1}));
}

TEST(ChoosePartition, RefusesNoRanks) { EXPECT_THROW(choose_partition(0, kFlow, 1), PartitionError); }

}  // namespace
}  // namespace tessera
