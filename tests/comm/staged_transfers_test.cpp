#include "src/comm/staged_transfers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <deque>
#include <numeric>

#include "support/mpi_fixture.hpp"

namespace tessera::detail {
namespace {

using testing_support::world;

/// Host memory in place of a device's. Copies are carried out only when somebody waits for them, or has asked often
/// enough: whoever does not wait finds old data.
class LateCopier : public StagingCopier {
 public:
  void copy(Index bytes, const void* source, void* destination) override {
    overtakes_ = overtakes_ || carried_out_ < of_other_queues_;
    queue_.push_back({bytes, source, destination});
    ++queued_;
  }
  void mark(int slot) override { marks_[static_cast<std::size_t>(slot)] = queued_; }
  bool done(int slot) override {
    if (carried_out_ < marks_[static_cast<std::size_t>(slot)] && ++asked_ % 3 == 0) carry_out(carried_out_ + 1);
    return carried_out_ >= marks_[static_cast<std::size_t>(slot)];
  }
  void wait(int slot) override { carry_out(marks_[static_cast<std::size_t>(slot)]); }

  void finish() { carry_out(queued_); }
  /// From now on copies could be carried out before those of earlier queues; those must be waited for first.
  void begin_other_queue() { of_other_queues_ = queued_; }
  bool overtakes() const { return overtakes_; }
  Index queued() const { return queued_; }

 private:
  struct Copy {
    Index bytes;
    const void* source;
    void* destination;
  };
  void carry_out(Index up_to) {
    for (; carried_out_ < up_to; ++carried_out_) {
      std::memcpy(queue_.front().destination, queue_.front().source, static_cast<std::size_t>(queue_.front().bytes));
      queue_.pop_front();
    }
  }

  std::deque<Copy> queue_;
  std::array<Index, StagedTransfers::kSlots> marks_{};
  Index queued_ = 0, carried_out_ = 0, asked_ = 0, of_other_queues_ = 0;
  bool overtakes_ = false;
};

/// Buffers of 64 bytes: 8 doubles, so that most of what follows takes several slices.
class Staged : public testing::Test {
 protected:
  static constexpr Index kSlotBytes = 64;
  LateCopier copier_;
  std::vector<double> memory_ = std::vector<double>(StagedTransfers::kSlots * kSlotBytes / sizeof(double), -7.0);
  StagedTransfers transfers_{Communicator(world()->handle()), copier_, reinterpret_cast<char*>(memory_.data()),
                             kSlotBytes};

  int rank() const { return world()->rank(); }
  int size() const { return world()->size(); }
};

const std::vector<Index> kCounts = {0, 1, 7, 8, 9, 31, 32, 33, 100};

template <class T>
std::vector<T> values_of(int rank, Index count) {
  std::vector<T> values(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<T>((rank + 1) * static_cast<int>(i + 1));
  return values;
}

/// The element-wise sum of everybody's.
template <class T>
std::vector<T> sum_of(int ranks, Index count) {
  return values_of<T>(ranks * (ranks + 1) / 2 - 1, count);
}

template <class T>
class StagedOf : public Staged {};
using Types = testing::Types<float, double>;
TYPED_TEST_SUITE(StagedOf, Types);

TYPED_TEST(StagedOf, BroadcastsFromEveryRoot) {
  for (const Index count : kCounts) {
    for (int root = 0; root < this->size(); ++root) {
      auto values = values_of<TypeParam>(this->rank(), count);
      this->transfers_.broadcast(values.data(), count, root);
      this->copier_.finish();
      EXPECT_EQ(values, values_of<TypeParam>(root, count)) << count << " from " << root;
    }
  }
}

TYPED_TEST(StagedOf, SumsToEveryRootAndLeavesTheOthersAlone) {
  for (const Index count : kCounts) {
    for (int root = 0; root < this->size(); ++root) {
      auto values = values_of<TypeParam>(this->rank(), count);
      this->transfers_.sum_to_root(values.data(), count, root);
      this->copier_.finish();
      EXPECT_EQ(values, this->rank() == root ? sum_of<TypeParam>(this->size(), count)
                                             : values_of<TypeParam>(this->rank(), count));
    }
  }
}

TYPED_TEST(StagedOf, SumsOnAllRanks) {
  for (const Index count : kCounts) {
    auto values = values_of<TypeParam>(this->rank(), count);
    this->transfers_.all_sum(values.data(), count);
    this->copier_.finish();
    EXPECT_EQ(values, sum_of<TypeParam>(this->size(), count));
  }
}

/// Pieces of unequal length, empty ones among them.
std::vector<Index> uneven(int ranks, Index scale) {
  std::vector<Index> counts;
  for (int rank = 0; rank < ranks; ++rank) counts.push_back(rank % 3 == 1 ? 0 : scale * (rank + 1) + rank % 2);
  return counts;
}

TYPED_TEST(StagedOf, ScattersSumsAndGathersThemInUnevenPieces) {
  const auto me = static_cast<std::size_t>(this->rank());
  for (const Index scale : {0, 1, 5, 20}) {
    const std::vector<Index> counts = uneven(this->size(), scale);
    const Index total = std::accumulate(counts.begin(), counts.end(), Index{0});
    const Index start = std::accumulate(counts.begin(), counts.begin() + this->rank(), Index{0});
    const auto values = values_of<TypeParam>(this->rank(), total);
    auto own = std::vector<TypeParam>(static_cast<std::size_t>(counts[me]), TypeParam(-1));
    this->transfers_.reduce_scatter(values.data(), own.data(), counts);
    this->copier_.finish();
    const auto sum = sum_of<TypeParam>(this->size(), total);
    EXPECT_EQ(own, std::vector<TypeParam>(sum.begin() + start, sum.begin() + start + counts[me]));
    EXPECT_EQ(values, values_of<TypeParam>(this->rank(), total));

    auto whole = std::vector<TypeParam>(static_cast<std::size_t>(total), TypeParam(-1));
    std::copy(own.begin(), own.end(), whole.begin() + start);
    this->transfers_.all_gather(whole.data(), counts);
    this->copier_.finish();
    EXPECT_EQ(whole, sum);
  }
}

TEST_F(Staged, OneOperationAfterAnotherReusesBuffersInTime) {
  constexpr Index kCount = 50;
  auto values = values_of<double>(rank(), kCount);
  for (int round = 0; round < 5; ++round) {
    transfers_.all_sum(values.data(), kCount);
    transfers_.broadcast(values.data(), kCount, round % size());
  }
  copier_.finish();
  auto expected = sum_of<double>(size(), kCount);
  for (double& value : expected) value *= std::pow(size(), 4);
  EXPECT_EQ(values, expected);
}

/// Messages from every rank to every other, in two lists that match.
struct Mail {
  std::vector<std::vector<char>> out, in;
  std::vector<Message> sends, receives;

  /// `bytes(from, to, number)` of each of `number` messages.
  template <class Bytes>
  Mail(int rank, int ranks, int number, Bytes bytes) {
    const auto add = [&](int peer, int from, int to, bool is_send) {
      for (int i = 0; i < number; ++i) {
        auto& store = is_send ? out : in;
        store.push_back(is_send ? text(from, to, i, bytes(from, to, i))
                                : std::vector<char>(static_cast<std::size_t>(bytes(from, to, i)), '!'));
        (is_send ? sends : receives).push_back({peer, store.back().data(), bytes(from, to, i)});
        if (!is_send) expected.push_back(text(from, to, i, bytes(from, to, i)));
      }
    };
    // Lists in opposite orders: only the order between two ranks is promised.
    for (int peer = 0; peer < ranks; ++peer) {
      if (peer != rank) add(peer, rank, peer, true);
    }
    for (int peer = ranks - 1; peer >= 0; --peer) {
      if (peer != rank) add(peer, peer, rank, false);
    }
  }

  static std::vector<char> text(int from, int to, int number, Index bytes) {
    std::vector<char> letters(static_cast<std::size_t>(bytes));
    for (std::size_t i = 0; i < letters.size(); ++i) {
      letters[i] = static_cast<char>((static_cast<int>(i) * 7 + from * 31 + to * 5 + number * 11) % 127);
    }
    return letters;
  }

  std::vector<std::vector<char>> expected;
};

TEST_F(Staged, AnOperationInAnotherQueueWaitsForTheBuffers) {
  auto values = values_of<double>(rank(), 50);
  for (int round = 0; round < 2; ++round) {
    transfers_.all_sum(values.data(), 50);
    copier_.begin_other_queue();
    Mail mail(rank(), size(), 2, [](int, int, int) { return Index{100}; });
    transfers_.exchange(mail.sends, mail.receives);
    EXPECT_FALSE(copier_.overtakes());
    copier_.begin_other_queue();
    transfers_.all_sum(values.data(), 0);
    copier_.finish();
    EXPECT_EQ(mail.in, mail.expected);
  }
  auto expected = sum_of<double>(size(), 50);
  for (double& value : expected) value *= size();
  EXPECT_EQ(values, expected);
}

TEST_F(Staged, WhatIsCopiedIsNoMoreThanNeeded) {
  std::vector<double> values(40);
  transfers_.broadcast(values.data(), 40, 0);
  // Five slices, one way on each rank.
  EXPECT_EQ(copier_.queued(), 5);
}

TEST_F(Staged, ExchangesMessagesShorterAndLongerThanABuffer) {
  for (const Index scale : {0, 1, 15, 16, 17, 63, 64, 65, 200}) {
    Mail mail(rank(), size(), 3,
              [&](int from, int to, int number) { return number == 1 ? scale + from : scale * (to + 1); });
    transfers_.exchange(mail.sends, mail.receives);
    copier_.finish();
    EXPECT_EQ(mail.in, mail.expected) << scale;
  }
}

TEST_F(Staged, ExchangesMoreThanMpiTakesWithoutAReceiver) {
  // In buffers too long for MPI to send ahead, around a ring of ranks that all send first.
  constexpr Index kLong = Index{1} << 20;
  std::vector<double> memory(StagedTransfers::kSlots * kLong / sizeof(double));
  StagedTransfers transfers(Communicator(world()->handle()), copier_, reinterpret_cast<char*>(memory.data()), kLong);
  Mail mail(rank(), size(), 1, [&](int from, int to, int) { return (from + 2 * to) % 3 * kLong + 12345; });
  transfers.exchange(mail.sends, mail.receives);
  copier_.finish();
  EXPECT_TRUE(mail.in == mail.expected);
}

TEST_F(Staged, OnlyTheRanksNamedTakePartInAnExchange) {
  if (size() == 1) GTEST_SKIP() << "needs two ranks";
  double value = rank() + 0.5, received = -1.0;
  const int last = size() - 1;
  if (rank() == 0) transfers_.exchange(std::vector<Message>{{last, &value, sizeof value}}, {});
  if (rank() == last) transfers_.exchange({}, std::vector<Message>{{0, &received, sizeof received}});
  copier_.finish();
  EXPECT_EQ(received, rank() == last ? 0.5 : -1.0);
}

TEST_F(Staged, RefusesBuffersThatHoldLessThanAnElementOfEveryRank) {
  const auto make = [&](Index bytes) {
    StagedTransfers(Communicator(world()->handle()), copier_, reinterpret_cast<char*>(memory_.data()), bytes);
  };
  EXPECT_THROW(make(8 * size()), ArgumentError);
  EXPECT_THROW(make(8 * size() + 12), ArgumentError);
  EXPECT_NO_THROW(make(8 * size() + 8));
}

}  // namespace
}  // namespace tessera::detail
