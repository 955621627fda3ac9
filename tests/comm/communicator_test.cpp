#include "tessera/comm/communicator.hpp"

#include <algorithm>
#include <complex>
#include <numeric>

#include "support/mpi_fixture.hpp"
#include "tessera/core/scalar.hpp"

namespace tessera {
namespace {

using testing_support::world;

/// All ranks again, with messages of at most 7 bytes: less than one double, not a multiple of a float.
Communicator small_chunks() {
  Communicator communicator = world()->split(0, world()->rank());
  communicator.set_chunk_bytes(7);
  return communicator;
}

template <class T>
std::vector<T> counting(Index count, int factor) {
  std::vector<T> values(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const int value = factor * static_cast<int>(i + 1);
    if constexpr (std::is_integral_v<T> || RealScalar<T>) {
      values[i] = static_cast<T>(value);
    } else {
      using R = RealPart<T>;
      values[i] = {static_cast<R>(value), static_cast<R>(-2 * value)};
    }
  }
  return values;
}

template <class T>
class CollectivesOf : public testing::Test {};
using Types = testing::Types<float, double, std::complex<float>, std::complex<double>, int, Index>;
TYPED_TEST_SUITE(CollectivesOf, Types);

template <class T>
void expect_collectives(const Communicator& communicator, Index count) {
  const int ranks = communicator.size();
  const int sum_of_factors = ranks * (ranks + 1) / 2;
  for (int root = 0; root < ranks; ++root) {
    auto values = counting<T>(count, communicator.rank() + 1);
    communicator.broadcast(values.data(), count, root);
    EXPECT_EQ(values, counting<T>(count, root + 1));

    values = counting<T>(count, communicator.rank() + 1);
    communicator.sum_to_root(values.data(), count, root);
    const bool is_root = communicator.rank() == root;
    EXPECT_EQ(values, counting<T>(count, is_root ? sum_of_factors : communicator.rank() + 1));
  }
  auto values = counting<T>(count, communicator.rank() + 1);
  communicator.all_sum(values.data(), count);
  EXPECT_EQ(values, counting<T>(count, sum_of_factors));
}

TYPED_TEST(CollectivesOf, AreExact) {
  for (const Index count : {0, 1, 5, 1000}) expect_collectives<TypeParam>(*world(), count);
}

TYPED_TEST(CollectivesOf, AreExactInPieces) { expect_collectives<TypeParam>(small_chunks(), 23); }

/// Uneven pieces, some of them empty: sums are scattered, then gathered.
template <class T>
void expect_pieces(const Communicator& communicator, Index scale) {
  const int ranks = communicator.size();
  std::vector<Index> counts;
  for (int rank = 0; rank < ranks; ++rank) counts.push_back(rank % 3 == 1 ? 0 : scale * (rank + 1) + rank % 2);
  const auto before = counts.begin() + communicator.rank();
  const Index start = std::accumulate(counts.begin(), before, Index{0});
  const Index total = std::accumulate(counts.begin(), counts.end(), Index{0});
  const auto values = counting<T>(total, communicator.rank() + 1);
  std::vector<T> own(static_cast<std::size_t>(*before));
  communicator.reduce_scatter<T>(values.data(), own.data(), counts);
  const auto sum = counting<T>(total, ranks * (ranks + 1) / 2);
  EXPECT_EQ(own, std::vector<T>(sum.begin() + start, sum.begin() + start + *before));

  std::vector<T> whole(static_cast<std::size_t>(total));
  std::copy(own.begin(), own.end(), whole.begin() + start);
  communicator.all_gather<T>(whole.data(), counts);
  EXPECT_EQ(whole, sum);
}

template <class T>
class PiecesOf : public testing::Test {};
using PieceTypes = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(PiecesOf, PieceTypes);

TYPED_TEST(PiecesOf, AreScatteredAndGathered) {
  for (const Index scale : {0, 1, 50}) {
    expect_pieces<TypeParam>(*world(), scale);
    expect_pieces<TypeParam>(small_chunks(), scale);
  }
}

TEST(Communicator, RefusesPiecesForMoreOrFewerRanks) {
  double value = 0.0, own = 0.0;
  const std::vector<Index> counts(static_cast<std::size_t>(world()->size() + 1), 0);
  EXPECT_THROW(world()->reduce_scatter<double>(&value, &own, counts), ArgumentError);
  EXPECT_THROW(world()->all_gather<double>(&value, counts), ArgumentError);
}

template <class T>
void expect_single_values() {
  const auto here = static_cast<T>(world()->rank() * 3 - 4);
  EXPECT_EQ(world()->all_max(here), static_cast<T>((world()->size() - 1) * 3 - 4));
  EXPECT_EQ(world()->all_min(here), static_cast<T>(-4));
  const auto all = world()->all_gather(here);
  ASSERT_EQ(all.size(), static_cast<std::size_t>(world()->size()));
  for (std::size_t rank = 0; rank < all.size(); ++rank) EXPECT_EQ(all[rank], static_cast<T>(rank * 3) - 4);
}

TEST(Communicator, ReducesAndGathersSingleValues) {
  expect_single_values<double>();
  expect_single_values<int>();
  expect_single_values<Index>();
  EXPECT_EQ(world()->all_max(Index{1} << 40), Index{1} << 40);
}

TEST(Communicator, BroadcastsText) {
  const Communicator pieces = small_chunks();
  for (int root = 0; root < world()->size(); ++root) {
    const std::string text = "from rank " + std::to_string(root) + ", more than seven bytes of it";
    const std::string mine = world()->rank() == root ? text : "something else";
    EXPECT_EQ(world()->broadcast(mine, root), text);
    EXPECT_EQ(pieces.broadcast(mine, root), text);
    EXPECT_EQ(world()->broadcast(world()->rank() == root ? std::string() : mine, root), "");
  }
}

/// Every rank sends `bytes + sender + receiver` bytes to every other rank, as two messages.
void expect_exchange(const Communicator& communicator, Index bytes) {
  const int me = communicator.rank();
  const auto content = [](int from, int to, Index size) {
    std::vector<char> text(static_cast<std::size_t>(size));
    for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>((i * 7 + from * 31 + to * 5) % 127);
    return text;
  };
  std::vector<std::vector<char>> out, in;
  std::vector<Message> sends, receives;
  for (int peer = 0; peer < communicator.size(); ++peer) {
    if (peer == me) continue;
    for (const Index size : {bytes + me + peer, bytes / 2}) {
      out.push_back(content(me, peer, size));
      in.emplace_back(static_cast<std::size_t>(size), '!');
      sends.push_back({peer, out.back().data(), size});
      receives.push_back({peer, in.back().data(), size});
    }
  }
  communicator.exchange(sends, receives);
  for (std::size_t i = 0; i < in.size(); ++i) {
    EXPECT_EQ(in[i], content(receives[i].peer, me, receives[i].bytes)) << "message " << i;
  }
}

TEST(Communicator, ExchangesMessages) {
  for (const Index bytes : {0, 1, 100, 100000}) expect_exchange(*world(), bytes);
}

TEST(Communicator, ExchangesMessagesLongerThanAChunk) {
  const Communicator pieces = small_chunks();
  for (const Index bytes : {0, 7, 13, 14, 15, 200}) expect_exchange(pieces, bytes);
}

TEST(Communicator, ExchangesBetweenTwoRanksAlone) {
  if (world()->size() == 1) GTEST_SKIP() << "needs two ranks";
  double value = world()->rank() + 0.5;
  double received = -1.0;
  const int last = world()->size() - 1;
  if (world()->rank() == 0) world()->exchange(std::vector<Message>{{last, &value, sizeof value}}, {});
  if (world()->rank() == last) world()->exchange({}, std::vector<Message>{{0, &received, sizeof received}});
  EXPECT_EQ(received, world()->rank() == last ? 0.5 : -1.0);
}

TEST(Communicator, RefusesAMessageToItself) {
  double value = 0.0;
  const std::vector<Message> message = {{world()->rank(), &value, sizeof value}};
  EXPECT_THROW(world()->exchange(message, {}), ArgumentError);
  EXPECT_THROW(world()->exchange({}, message), ArgumentError);
}

TEST(Communicator, SplitsByColourAndKey) {
  const int me = world()->rank();
  const Communicator half = world()->split(me % 2, -me);
  EXPECT_TRUE(half.valid());
  EXPECT_EQ(half.size(), (world()->size() + 1 - me % 2) / 2);
  // Descending keys reverse the order.
  EXPECT_EQ(half.rank(), half.size() - 1 - me / 2);
  EXPECT_EQ(half.all_max(me) % 2, me % 2);
  EXPECT_EQ(half.all_min(me), me % 2);
}

TEST(Communicator, SplitLeavesOutNegativeColours) {
  const Communicator first = world()->split(world()->rank() == 0 ? 0 : -1, 0);
  EXPECT_EQ(first.valid(), world()->rank() == 0);
  EXPECT_EQ(first.size(), world()->rank() == 0 ? 1 : 0);
}

TEST(Communicator, SubgroupsFollowTheListedOrder) {
  const int last = world()->size() - 1;
  const std::vector<int> ends = last == 0 ? std::vector<int>{0} : std::vector<int>{last, 0};
  if (world()->rank() != 0 && world()->rank() != last) return;
  const Communicator group = world()->subgroup(ends, 4);
  EXPECT_EQ(group.size(), static_cast<int>(ends.size()));
  EXPECT_EQ(ends[static_cast<std::size_t>(group.rank())], world()->rank());
  int value = world()->rank();
  group.broadcast(&value, 1, 0);
  EXPECT_EQ(value, last);
}

TEST(Communicator, RefusesSubgroupsOfRanksThatDoNotExist) {
  EXPECT_THROW(world()->subgroup({world()->size()}, 0), ArgumentError);
  EXPECT_THROW(world()->subgroup({-1}, 0), ArgumentError);
  EXPECT_THROW(world()->subgroup({0, 0}, 0), ArgumentError);
}

TEST(Communicator, SelfIsThisRankAlone) {
  const Communicator self = Communicator::self();
  EXPECT_EQ(self.size(), 1);
  EXPECT_EQ(self.rank(), 0);
  EXPECT_EQ(self.all_max(world()->rank()), world()->rank());
  self.barrier();
}

TEST(Communicator, IsEmptyOnceMovedFrom) {
  Communicator first = world()->split(0, world()->rank());
  Communicator second = std::move(first);
  EXPECT_FALSE(first.valid());
  EXPECT_EQ(first.size(), 0);
  EXPECT_TRUE(second.valid());
  EXPECT_EQ(second.all_max(world()->rank()), world()->size() - 1);
  Communicator third = Communicator::self();
  third = std::move(second);
  EXPECT_FALSE(second.valid());
  EXPECT_EQ(third.size(), world()->size());
  EXPECT_EQ(third.all_max(world()->rank()), world()->size() - 1);
}

TEST(Communicator, RefusesChunksThatMpiCannotCount) {
  Communicator communicator = Communicator::self();
  EXPECT_THROW(communicator.set_chunk_bytes(0), ArgumentError);
  EXPECT_THROW(communicator.set_chunk_bytes(Index{1} << 31), ArgumentError);
  EXPECT_NO_THROW(communicator.set_chunk_bytes((Index{1} << 31) - 1));
}

TEST(Communicator, ReturnsMpiErrors) {
  double value = 0.0;
  if (world()->size() == 1) GTEST_SKIP() << "one rank communicates with nobody";
  EXPECT_THROW(world()->broadcast(&value, 1, world()->size()), MpiError);
  EXPECT_THROW(world()->exchange(std::vector<Message>{{world()->size(), &value, 8}}, {}), MpiError);
}

TEST(Communicator, ComputesOnTheCpuUnlessToldOtherwise) {
  const Communicator ranks = world()->on(Device::cpu());
  EXPECT_FALSE(ranks.device().is_cuda());
  EXPECT_EQ(ranks.device_choice(), nullptr);
  EXPECT_THROW(ranks.device_data(), ArgumentError);
  EXPECT_THROW(ranks.device().stream(), ArgumentError);
  EXPECT_EQ(to_string(ranks.device()), "cpu");
}

}  // namespace
}  // namespace tessera
