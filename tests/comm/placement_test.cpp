#include "tessera/comm/placement.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "support/mpi_fixture.hpp"
#include "tessera/core/threads.hpp"

namespace tessera {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing_support::world;

using Cores = std::vector<std::vector<int>>;

NodePlacement node(Cores cores, int rank = 0, int node_cores = 8) { return {"n1", std::move(cores), rank, node_cores}; }

TEST(ChooseThreads, TakesWhatIsAskedForWhateverTheMask) {
  EXPECT_EQ(choose_threads(node({{0}}), 6, "2"), 6);
  EXPECT_EQ(choose_threads(node({{0}}), 0, "2"), 2);
  EXPECT_EQ(choose_threads(node({{0}}), 0, "3,2"), 3);
}

TEST(ChooseThreads, DividesCoresAmongTheRanksThatShareThem) {
  const std::vector<int> all{0, 1, 2, 3, 4, 5, 6, 7};
  EXPECT_EQ(choose_threads(node({all}), 0, ""), 8);
  EXPECT_EQ(choose_threads(node({all, all}), 0, ""), 4);
  EXPECT_EQ(choose_threads(node({all, all, all}, 2), 0, ""), 2);
  EXPECT_EQ(choose_threads(node(Cores(9, all)), 0, ""), 1);
}

TEST(ChooseThreads, KeepsToABoundRanksOwnCores) {
  const Cores pairs{{0, 1}, {2, 3}, {2, 3}};
  EXPECT_EQ(choose_threads(node(pairs, 0), 0, ""), 2);
  EXPECT_EQ(choose_threads(node(pairs, 2), 0, ""), 1);
  // One core alone, and half of another.
  EXPECT_EQ(choose_threads(node({{0, 1}, {1}}, 0), 0, ""), 1);
  // Three thirds are a whole.
  EXPECT_EQ(choose_threads(node({{0, 1, 2}, {0, 1, 2}, {0, 1, 2}}, 1), 0, ""), 1);
}

TEST(ChooseThreads, PassesOverAnEnvironmentThatIsNoCount) {
  for (const char* text : {"", "many", "0", "-4"}) EXPECT_EQ(choose_threads(node({{0, 1}}), 0, text), 2) << text;
}

TEST(Oversubscription, IsSilentWhileEveryThreadHasACore) {
  EXPECT_FALSE(oversubscription(node({{0, 1}, {0, 1}}), {1, 1}));
  EXPECT_FALSE(oversubscription(node({{0, 1, 2, 3}}), {4}));
}

TEST(Oversubscription, SaysHowManyOnHowManyAndWhatToDo) {
  const auto shared = oversubscription(node({{0, 1, 2, 3}, {0, 1, 2, 3}}, 0, 4), {4, 4});
  ASSERT_TRUE(shared);
  EXPECT_THAT(*shared, HasSubstr("node n1: 2 ranks x 4 threads on 4 cores"));
  EXPECT_THAT(*shared, HasSubstr("--threads 2"));
  EXPECT_THAT(*shared, Not(HasSubstr("bind")));

  const auto bound = oversubscription(node({{0}, {1}}), {4, 4});
  ASSERT_TRUE(bound);
  EXPECT_THAT(*bound, HasSubstr("--threads 1"));
  EXPECT_THAT(*bound, HasSubstr("of the node's 8 cores (Open MPI: --bind-to none)"));

  const auto crowd = oversubscription(node(Cores(3, {0, 1}), 0, 2), {1, 1, 1});
  ASSERT_TRUE(crowd);
  EXPECT_THAT(*crowd, HasSubstr("3 ranks x 1 thread on 2 cores"));
  EXPECT_THAT(*crowd, HasSubstr("at most 2 ranks here"));

  const auto mixed = oversubscription(node({{0, 1}, {0, 1}}, 0, 2), {1, 3});
  ASSERT_TRUE(mixed);
  EXPECT_THAT(*mixed, HasSubstr("2 ranks x 1 to 3 threads"));
}

TEST(NodePlacement, KnowsTheCoresOfEveryRankOfTheNode) {
  const NodePlacement placement = node_placement(*world());
  // The ranks of a test share one machine.
  ASSERT_EQ(placement.cores.size(), static_cast<std::size_t>(world()->size()));
  EXPECT_EQ(placement.rank, world()->rank());
  EXPECT_EQ(placement.cores[static_cast<std::size_t>(placement.rank)], available_cores());
  for (const auto& cores : placement.cores) {
    EXPECT_FALSE(cores.empty());
    EXPECT_TRUE(std::is_sorted(cores.begin(), cores.end()));
  }
  EXPECT_GE(placement.node_cores, 1);
  EXPECT_FALSE(placement.name.empty());
}

TEST(PlaceThreads, SetsTheCountAndWarnsOnOneRankOfTheNode) {
  const int before = thread_count();
  const auto warning = place_threads(*world(), 1000);
  EXPECT_EQ(thread_count(), 1000);
  EXPECT_EQ(warning.has_value(), world()->rank() == 0);
  set_thread_count(before);
}

}  // namespace
}  // namespace tessera
