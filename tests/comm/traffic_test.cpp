#include "tessera/comm/traffic.hpp"

#include <array>

#include "support/mpi_fixture.hpp"

namespace tessera {
namespace {

using testing_support::world;

TEST(TrafficLedger, BooksUnderTheOutermostLabel) {
  TrafficLedger ledger;
  ledger.record(5, 1);
  {
    const TrafficScope layer(ledger, "layer");
    ledger.record(7, 2);
    const TrafficScope inner(ledger, "operator");
    ledger.record(11, 3);
  }
  {
    const TrafficScope alone(ledger, "operator");
    ledger.record(1, 1);
  }
  EXPECT_EQ(ledger.of("unlabelled"), (Traffic{5, 1}));
  EXPECT_EQ(ledger.of("layer"), (Traffic{18, 5}));
  EXPECT_EQ(ledger.of("operator"), (Traffic{1, 1}));
  EXPECT_EQ(ledger.of("nobody"), Traffic{});
  EXPECT_EQ(ledger.total(), (Traffic{24, 7}));
  ledger.clear();
  EXPECT_TRUE(ledger.entries().empty());
}

TEST(TrafficLedger, HasNoEntryForWhatSentNothing) {
  TrafficLedger ledger;
  ledger.record(0, 0);
  EXPECT_TRUE(ledger.entries().empty());
}

/// What this rank sends while `body` runs.
template <class Body>
Traffic sent(Body&& body) {
  world()->ledger().clear();
  body();
  return world()->ledger().total();
}

TEST(TrafficLedger, CountsCollectivesAsFlatAlgorithms) {
  const Index ranks = world()->size();
  const bool root = world()->rank() == 0;
  std::array<double, 6> values{};
  EXPECT_EQ(sent([&] { world()->broadcast(values.data(), 6, 0); }),
            (root ? Traffic{48 * (ranks - 1), ranks - 1} : Traffic{}));
  EXPECT_EQ(sent([&] { world()->sum_to_root(values.data(), 6, 0); }), (root ? Traffic{} : Traffic{48, 1}));
  EXPECT_EQ(sent([&] { world()->all_sum(values.data(), 6); }),
            (Traffic{2 * (ranks - 1) * 48 / ranks, 2 * (ranks - 1)}));
  EXPECT_EQ(sent([&] { world()->broadcast(values.data(), 0, 0); }), Traffic{});
}

TEST(TrafficLedger, CountsPiecesThatGoToOtherRanks) {
  const Index ranks = world()->size();
  const Index me = world()->rank();
  // Rank r's piece has 2 r elements: rank 0's is empty.
  std::vector<Index> counts;
  for (Index rank = 0; rank < ranks; ++rank) counts.push_back(2 * rank);
  std::vector<double> values(static_cast<std::size_t>(ranks * (ranks - 1))), own(static_cast<std::size_t>(2 * me));
  EXPECT_EQ(sent([&] { world()->reduce_scatter<double>(values.data(), own.data(), counts); }),
            (Traffic{8 * (ranks * (ranks - 1) - 2 * me), ranks - 1 - (me > 0 ? 1 : 0)}));
  EXPECT_EQ(sent([&] { world()->all_gather<double>(values.data(), counts); }),
            me > 0 ? (Traffic{16 * me * (ranks - 1), ranks - 1}) : Traffic{});
}

TEST(TrafficLedger, CountsMessagesThatAreNotEmpty) {
  // A ring: 16 bytes to the next rank and nothing more.
  const int ranks = world()->size();
  if (ranks == 1) GTEST_SKIP() << "needs two ranks";
  std::array<double, 2> out{}, in{};
  const int next = (world()->rank() + 1) % ranks;
  const int previous = (world()->rank() + ranks - 1) % ranks;
  const std::vector<Message> sends = {{next, out.data(), 16}, {next, nullptr, 0}};
  const std::vector<Message> receives = {{previous, in.data(), 16}, {previous, nullptr, 0}};
  EXPECT_EQ(sent([&] { world()->exchange(sends, receives); }), (Traffic{16, 1}));
}

TEST(TrafficLedger, IsSharedWithCommunicatorsSplitFromThisOne) {
  const Communicator same = world()->split(0, world()->rank());
  double value = 1.0;
  const Index ranks = world()->size();
  EXPECT_EQ(sent([&] { same.all_sum(&value, 1); }), (Traffic{2 * (ranks - 1) * 8 / ranks, 2 * (ranks - 1)}));
}

}  // namespace
}  // namespace tessera
