#include "tessera/batch/cost.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace tessera::batch {
namespace {

TaskUse use(double hours, int ranks, int threads) {
  TaskUse use;
  use.wall_seconds = 3600.0 * hours;
  use.ranks = ranks;
  use.threads = threads;
  return use;
}

TEST(Cost, CountsTheShareOfAMachineThatTasksTake) {
  const std::vector<TaskUse> uses = {use(1.0, 1, 2), use(0.5, 6, 2)};
  const DataCost shared = data_cost(uses, {4.0, 1.0, 8});
  EXPECT_DOUBLE_EQ(shared.machine_hours, 0.25 + 0.75);
  EXPECT_DOUBLE_EQ(shared.on_demand, 4.0);
  EXPECT_DOUBLE_EQ(shared.spot, 1.0);
  EXPECT_DOUBLE_EQ(data_cost(uses, {4.0, 1.0, 8}, true).machine_hours, 1.0 + 1.0);
  EXPECT_EQ(data_cost({}, {4.0, 1.0, 8}).spot, 0.0);
}

TEST(Cost, FindsTheRunFromWhichASurrogatePays) {
  const SurrogateCost cost{90.0, 10.0, 3.0, 1.0};
  const auto runs = break_even(cost);
  ASSERT_TRUE(runs);
  const auto spent = [&](Index n) { return cost.data + cost.training + static_cast<double>(n) * cost.inference; };
  EXPECT_LE(spent(*runs), static_cast<double>(*runs) * cost.simulation);
  EXPECT_GT(spent(*runs - 1), static_cast<double>(*runs - 1) * cost.simulation);
  EXPECT_EQ(*runs, 50);
  EXPECT_EQ(break_even({90.0, 10.0, 1.0, 1.0}), std::nullopt);
  EXPECT_EQ(break_even({0.0, 0.0, 1.0, 0.5}), 0);
}

/// The CO2 figures of Witte et al.: a data set of $5,487, $3.4 a run, inference 3,200 times cheaper.
TEST(Cost, GivesThePublishedFiguresOfCo2Flow) {
  const double run = 3.4;
  EXPECT_EQ(break_even({5487.0, 0.0, run, run / 3200.0}), 1615);
  // The printed price of a run is rounded: 1,600 samples at $3.4 are $5,440, and $5,487 is $3.43 a run.
  EXPECT_NEAR(5487.0 / 1600.0, run, 0.05);
  EXPECT_EQ(break_even({5487.0, 0.0, 5487.0 / 1600.0, 0.0}), 1600);
  // Each hundred dollars of training adds 30 runs.
  EXPECT_EQ(*break_even({5487.0, 100.0, run, run / 3200.0}) - 1615, 29);
}

TEST(Cost, RefusesWhatCannotBe) {
  EXPECT_THROW(data_cost({}, {-1.0, 0.0, 1}), ArgumentError);
  EXPECT_THROW(data_cost({}, {1.0, 0.0, 0}), ArgumentError);
  EXPECT_THROW(break_even({std::nan(""), 0.0, 1.0, 0.0}), ArgumentError);
}

}  // namespace
}  // namespace tessera::batch
