#include "src/spectral/exchange_route.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tessera/spectral/transform_plan.hpp"

namespace tessera {
namespace {

constexpr unsigned kSeed = 4711;
constexpr Index kSingle = 4;

TransformPlan plan_of(const SpectralGrid& spectral, const Shape& extents, Schedule schedule) {
  return plan_transform(extents[0], kWeighedChannels, spectral, RankGrid(extents), schedule);
}

/// On one grid axis.
Shape line(const SpectralGrid& spectral, Index ranks, std::size_t axis = 0) {
  Shape extents(spectral.rank() + 2, 1);
  extents[2 + axis] = ranks;
  return extents;
}

std::string describe(const SpectralGrid& spectral, const Shape& extents) {
  return to_string(spectral.grid()) + " modes " + to_string(spectral.modes()) + " on " + to_string(extents);
}

/// Grids of 1 to 4 axes with any number of modes and ranks on any axes, many of them with more ranks than modes.
struct RandomCases {
  std::mt19937 engine{kSeed};

  Index between(Index least, Index most) { return std::uniform_int_distribution<Index>(least, most)(engine); }
  SpectralGrid spectral(Index longest) {
    const Index axes = between(1, 4);
    Shape grid, modes;
    for (Index axis = 0; axis < axes; ++axis) {
      grid.push_back(between(2, longest));
      modes.push_back(between(1, grid.back() / 2 + (axis + 1 == axes ? 1 : 0)));
    }
    return {grid, modes};
  }
  Shape extents(const SpectralGrid& spectral) {
    Shape extents{between(1, 2), between(1, 2)};
    for (std::size_t axis = 0; axis < spectral.rank(); ++axis) extents.push_back(between(1, 4));
    return extents;
  }
};

TEST(ExchangeRoute, CostsWhatTheBusiestRankSends) {
  RandomCases random;
  for (int trial = 0; trial < 150; ++trial) {
    const SpectralGrid spectral = random.spectral(9);
    const Shape extents = random.extents(spectral);
    SCOPED_TRACE(describe(spectral, extents));
    const std::vector<ScheduleOption> options =
        schedule_options(extents[0], kWeighedChannels, spectral, RankGrid(extents), Schedule::automatic);
    const std::vector<ExchangeRoute> routes = exchange_routes(spectral, extents);
    if (options.empty()) {
      EXPECT_EQ(route_traffic(spectral, extents, routes.front()), Traffic{});
      continue;
    }
    ASSERT_GE(options.size(), routes.size());
    for (std::size_t i = 0; i < routes.size(); ++i) {
      EXPECT_EQ(options[i].plan.busiest_traffic(kSingle), route_traffic(spectral, extents, routes[i]))
          << options[i].name;
    }
  }
}

TEST(AutomaticSchedule, NeverCostsMoreThanExchangeOrPartialSums) {
  RandomCases random;
  for (int trial = 0; trial < 300; ++trial) {
    const SpectralGrid spectral = random.spectral(24);
    const Shape extents = random.extents(spectral);
    SCOPED_TRACE(describe(spectral, extents));
    const Traffic automatic = plan_of(spectral, extents, Schedule::automatic).busiest_traffic(kSingle);
    Index most_bytes = std::numeric_limits<Index>::max();
    if (witte_serves(extents)) most_bytes = plan_of(spectral, extents, Schedule::witte).busiest_traffic(kSingle).bytes;
    for (const Schedule named : {Schedule::exchange, Schedule::partial_sums}) {
      const Traffic other = plan_of(spectral, extents, named).busiest_traffic(kSingle);
      if (other.bytes <= most_bytes) EXPECT_LE(transfer_cost(automatic), transfer_cost(other)) << schedule_name(named);
    }
  }
}

TEST(AutomaticSchedule, NeverSendsMoreBytesThanWitte) {
  const std::vector<SpectralGrid> grids = {{{262, 118, 64, 86}, {26, 12, 6, 17}},
                                           {{64, 64, 64, 16}, {6, 6, 6, 4}},
                                           {{32, 32, 32, 16}, {16, 16, 16, 9}},
                                           {{7, 5, 3}, {3, 1, 2}},
                                           {{1000, 30}, {500, 2}},
                                           {{33, 65}, {1, 33}}};
  for (const SpectralGrid& spectral : grids) {
    for (std::size_t axis = 0; axis < spectral.rank(); ++axis) {
      for (Index ranks = 1; ranks <= 4096; ranks += 1 + ranks / 3) {
        const Shape extents = line(spectral, ranks, axis);
        const auto bytes = [&](Schedule schedule) {
          return plan_transform(2, 3, spectral, RankGrid(extents), schedule).busiest_traffic(8).bytes;
        };
        EXPECT_LE(bytes(Schedule::automatic), bytes(Schedule::witte)) << describe(spectral, extents);
      }
    }
  }
}

TEST(AutomaticSchedule, NeverSendsMoreBytesThanWitteOnFewRanksOfSmallGrids) {
  RandomCases random;
  for (int trial = 0; trial < 500; ++trial) {
    const SpectralGrid spectral = random.spectral(12);
    if (spectral.rank() == 1) continue;
    const auto last = static_cast<Index>(spectral.rank()) - 1;
    const Shape extents = line(spectral, random.between(2, 16), static_cast<std::size_t>(random.between(0, last)));
    const Index automatic = plan_of(spectral, extents, Schedule::automatic).busiest_traffic(kSingle).bytes;
    EXPECT_LE(automatic, plan_of(spectral, extents, Schedule::witte).busiest_traffic(kSingle).bytes)
        << describe(spectral, extents);
  }
}

TEST(AutomaticSchedule, PutsBytesBeforeMessagesWhereWitteServes) {
  // The longer slab beside the larger share of modes keeps more at home than equal shares of modes do.
  const SpectralGrid spectral({4, 7, 5}, {2, 3, 3});
  const Shape extents = line(spectral, 2, 1);
  const TransformPlan automatic = plan_of(spectral, extents, Schedule::automatic);
  EXPECT_EQ(automatic.steps, plan_of(spectral, extents, Schedule::witte).steps);
  EXPECT_LT(automatic.busiest_traffic(kSingle).bytes,
            plan_of(spectral, extents, Schedule::exchange).busiest_traffic(kSingle).bytes);
}

TEST(AutomaticSchedule, SendsTwoFifthsOfWitteOnTwoRanksKeepingAFifth) {
  const std::vector<SpectralGrid> grids = {{{262, 118, 64, 86}, {26, 12, 6, 17}},
                                           {{64, 64, 64, 16}, {6, 6, 6, 3}},
                                           {{60, 60, 60, 30}, {6, 6, 6, 6}},
                                           {{50, 40}, {5, 8}}};
  for (const SpectralGrid& spectral : grids) {
    const Shape extents = line(spectral, 2);
    const Traffic automatic = plan_of(spectral, extents, Schedule::automatic).busiest_traffic(kSingle);
    const Traffic witte = plan_of(spectral, extents, Schedule::witte).busiest_traffic(kSingle);
    EXPECT_LE(5 * automatic.bytes, 2 * witte.bytes) << describe(spectral, extents);
    EXPECT_LE(automatic.messages, witte.messages) << describe(spectral, extents);
  }
}

TEST(AutomaticSchedule, SumsWhereFewerModesAreKeptThanASlabHasCells) {
  const SpectralGrid spectral({64, 64, 64, 16}, {6, 6, 6, 4});
  for (const Index ranks : {2, 3, 4, 5}) {
    EXPECT_EQ(plan_of(spectral, line(spectral, ranks), Schedule::automatic).summary(), "partial sums of grid axis 0");
  }
  for (const Index ranks : {6, 8, 64, 1000}) {
    EXPECT_EQ(plan_of(spectral, line(spectral, ranks), Schedule::automatic).summary(), "exchange of grid axis 0");
  }
}

TEST(AutomaticSchedule, DecidesAxisByAxis) {
  const SpectralGrid spectral({64, 64, 64, 16}, {6, 6, 6, 4});
  EXPECT_EQ(plan_of(spectral, {1, 1, 2, 16, 1, 1}, Schedule::automatic).axis_routes(),
            (std::vector<AxisRoute>{AxisRoute::partial_sums, AxisRoute::exchange, AxisRoute::local, AxisRoute::local}));
  EXPECT_EQ(plan_of(spectral, {1, 1, 16, 2, 2, 1}, Schedule::automatic).axis_routes(),
            (std::vector<AxisRoute>{AxisRoute::exchange, AxisRoute::partial_sums, AxisRoute::partial_sums,
                                    AxisRoute::local}));
}

TEST(AutomaticSchedule, DoesNotDependOnBatchAndWidth) {
  RandomCases random;
  for (int trial = 0; trial < 100; ++trial) {
    const SpectralGrid spectral = random.spectral(16);
    const Shape extents = random.extents(spectral);
    const auto plan = [&](Index batch, Index channels) {
      return plan_transform(batch, channels, spectral, RankGrid(extents), Schedule::automatic);
    };
    const TransformPlan small = plan(1, 1);
    const TransformPlan large = plan(64, 128);
    EXPECT_EQ(small.spectrum_ranks, large.spectrum_ranks) << describe(spectral, extents);
    EXPECT_EQ(small.axis_routes(), large.axis_routes()) << describe(spectral, extents);
  }
}

TEST(ScheduleOptions, ListEveryWayAndMarkTheOneTaken) {
  const SpectralGrid spectral({8, 12, 6}, {3, 4, 2});
  const RankGrid ranks({1, 1, 2, 3, 1});
  for (const Schedule schedule : {Schedule::automatic, Schedule::exchange, Schedule::partial_sums, Schedule::grady}) {
    const std::vector<ScheduleOption> options = schedule_options(1, 2, spectral, ranks, schedule);
    std::vector<std::string> names;
    for (const ScheduleOption& option : options) names.push_back(option.name);
    EXPECT_EQ(names, (std::vector<std::string>{"exchange of grid axis 0, grid axis 1",
                                               "exchange of grid axis 1; partial sums of grid axis 0",
                                               "exchange of grid axis 0; partial sums of grid axis 1",
                                               "partial sums of grid axis 0, grid axis 1", "grady"}));
    const auto is_chosen = [](const ScheduleOption& option) { return option.chosen; };
    ASSERT_EQ(std::count_if(options.begin(), options.end(), is_chosen), 1) << schedule_name(schedule);
    EXPECT_EQ(std::find_if(options.begin(), options.end(), is_chosen)->plan.steps,
              plan_transform(1, 2, spectral, ranks, schedule).steps);
  }
}

TEST(ScheduleOptions, ListWitteWhereItServes) {
  const SpectralGrid spectral({8, 12}, {3, 4});
  const auto options = schedule_options(1, 2, spectral, RankGrid({1, 1, 4, 1}), Schedule::witte);
  ASSERT_EQ(options.size(), 4u);
  EXPECT_EQ(options.back().name, "witte");
  EXPECT_TRUE(options.back().chosen);
  EXPECT_FALSE(options.front().chosen);
}

TEST(ScheduleOptions, AreNoneWhereNoRanksMove) {
  EXPECT_TRUE(
      schedule_options(4, 2, SpectralGrid({8, 12}, {3, 4}), RankGrid({4, 1, 1, 1}), Schedule::automatic).empty());
}

TEST(TransferCost, WeighsMessagesInBytes) {
  EXPECT_EQ(transfer_cost({0, 0}), 0);
  EXPECT_EQ(transfer_cost({123, 2}), 123 + 2 * kBytesPerMessage);
}

}  // namespace
}  // namespace tessera
