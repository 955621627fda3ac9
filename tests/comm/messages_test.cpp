/// \file
/// Messages that are not waited for, and communicators of some ranks.

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "support/mpi_fixture.hpp"
#include "tessera/comm/communicator.hpp"

namespace tessera {
namespace {

using testing_support::world;

constexpr Index kBytes = Index{1} << 18;

/// Every rank to the next, around a ring.
struct Ring {
  std::vector<char> out = std::vector<char>(kBytes, static_cast<char>('a' + world()->rank()));
  std::vector<char> in = std::vector<char>(kBytes);
  int next = (world()->rank() + 1) % world()->size();
  int previous = (world()->rank() + world()->size() - 1) % world()->size();

  PendingMessages start() {
    const Message send{next, out.data(), kBytes}, receive{previous, in.data(), kBytes};
    return world()->start({&send, 1}, {&receive, 1});
  }
  bool arrived() const { return in == std::vector<char>(kBytes, static_cast<char>('a' + previous)); }
};

TEST(PendingMessages, ArriveWhenWaitedFor) {
  if (world()->size() == 1) GTEST_SKIP() << "needs two ranks";
  Ring ring;
  ring.start().wait();
  EXPECT_TRUE(ring.arrived());
}

TEST(PendingMessages, ArriveWhenAskedForLongEnough) {
  if (world()->size() == 1) GTEST_SKIP() << "needs two ranks";
  Ring ring;
  PendingMessages pending = ring.start();
  while (!pending.done()) continue;
  EXPECT_TRUE(ring.arrived());
  EXPECT_TRUE(pending.done());
}

TEST(PendingMessages, ArriveBeforeTheirEndAndWhenReplaced) {
  if (world()->size() == 1) GTEST_SKIP() << "needs two ranks";
  Ring first, second, third;
  {
    PendingMessages pending = first.start();
    pending = second.start();
    EXPECT_TRUE(first.arrived());
    PendingMessages moved = std::move(pending);
    pending = third.start();
  }
  EXPECT_TRUE(second.arrived() && third.arrived());
}

TEST(PendingMessages, NothingIsDoneAtOnce) {
  PendingMessages none;
  EXPECT_TRUE(none.done());
  none.wait();
}

TEST(CommunicatorAmong, IsMadeOnceForItsRanks) {
  std::vector<int> everyone(static_cast<std::size_t>(world()->size()));
  std::iota(everyone.begin(), everyone.end(), 0);
  EXPECT_EQ(&world()->among(everyone), world().get());
  // Even ranks in reverse, without the odd ones.
  std::vector<int> even;
  for (int rank = 0; rank < world()->size(); rank += 2) even.insert(even.begin(), rank);
  if (even == everyone) return;
  const Communicator& group = world()->among(even);
  EXPECT_EQ(&world()->among(even), &group);
  EXPECT_EQ(group.valid(), world()->rank() % 2 == 0);
  if (!group.valid()) return;
  EXPECT_EQ(group.size(), static_cast<int>(even.size()));
  EXPECT_EQ(even[static_cast<std::size_t>(group.rank())], world()->rank());
  EXPECT_EQ(group.all_gather(world()->rank()), even);
}

TEST(CommunicatorAmong, RefusesRanksThatDoNotExistOnThoseListed) {
  EXPECT_THROW(world()->among({world()->rank(), world()->size()}), ArgumentError);
  EXPECT_THROW(world()->among({world()->rank(), world()->rank()}), ArgumentError);
}

}  // namespace
}  // namespace tessera
