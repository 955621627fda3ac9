#include "src/comm/chunk_schedule.hpp"

#include <gtest/gtest.h>

#include <map>

namespace tessera::detail {
namespace {

TEST(ChunkSchedule, SlicesCoverAnArrayOnce) {
  for (const Index count : {0, 1, 6, 7, 8, 14, 15}) {
    Index covered = 0;
    for (Index slice = 0; slice < slices_of(count, 7); ++slice) {
      const Chunk chunk = chunk_of(count, 7, slice);
      EXPECT_EQ(chunk.offset, covered);
      EXPECT_GT(chunk.count, 0);
      EXPECT_LE(chunk.count, 7);
      covered += chunk.count;
    }
    EXPECT_EQ(covered, count);
  }
  EXPECT_EQ(slices_of(0, 7), 0);
}

TEST(ChunkSchedule, ASliceBehindTheEndIsEmpty) { EXPECT_EQ(chunk_of(10, 7, 5), (Chunk{10, 0})); }

TEST(ChunkSchedule, CountsAreNotLimitedTo32Bits) {
  const Index count = (Index{1} << 33) + 5;
  EXPECT_EQ(slices_of(count, Index{1} << 22), (Index{1} << 11) + 1);
  EXPECT_EQ(chunk_of(count, Index{1} << 22, Index{1} << 11), (Chunk{Index{1} << 33, 5}));
}

TEST(PlanBatches, CutsMessagesAndFillsBuffers) {
  char data[100];
  // Of three ranks, seen from rank 1: rank 2 is one further, rank 0 two.
  const std::vector<Message> messages{{0, data, 5}, {2, data + 10, 9}, {2, data + 30, 0}, {2, data + 40, 3}};
  const auto batches = plan_batches(messages, true, 1, 3, 4, 8);
  ASSERT_EQ(batches.size(), 3u);
  const auto expect = [](const MessagePart& part, int peer, const char* place, Index bytes, Index offset) {
    EXPECT_EQ(part.peer, peer);
    EXPECT_EQ(part.data, place);
    EXPECT_EQ(part.bytes, bytes);
    EXPECT_EQ(part.place, offset);
  };
  ASSERT_EQ(batches[0].size(), 2u);
  expect(batches[0][0], 2, data + 10, 4, 0);
  expect(batches[0][1], 2, data + 14, 4, 4);
  ASSERT_EQ(batches[1].size(), 3u);
  expect(batches[1][0], 2, data + 18, 1, 0);
  expect(batches[1][1], 2, data + 40, 3, 1);
  expect(batches[1][2], 0, data, 4, 4);
  ASSERT_EQ(batches[2].size(), 1u);
  expect(batches[2][0], 0, data + 4, 1, 0);
}

TEST(PlanBatches, NothingToSendIsNoBatch) {
  EXPECT_TRUE(plan_batches({}, true, 0, 1, 4, 8).empty());
  char data = 0;
  EXPECT_TRUE(plan_batches(std::vector<Message>{{1, &data, 0}}, false, 0, 2, 4, 8).empty());
}

/// Parts as (peer, bytes) in the order of the batches.
std::vector<std::pair<int, Index>> flat(const std::vector<Batch>& batches) {
  std::vector<std::pair<int, Index>> parts;
  for (const Batch& batch : batches) {
    for (const MessagePart& part : batch) parts.emplace_back(part.peer, part.bytes);
  }
  return parts;
}

TEST(PlanBatches, BothEndsAgreeOnPartsAndDistances) {
  constexpr int kRanks = 5;
  const auto bytes = [](int from, int to) { return Index{3} * from + 7 * to % 11; };
  char data[100];
  // All parts between two ranks, as each end lists them.
  std::map<std::pair<int, int>, std::vector<Index>> sent, received;
  for (int rank = 0; rank < kRanks; ++rank) {
    std::vector<Message> sends, receives;
    for (int peer = 0; peer < kRanks; ++peer) {
      if (peer == rank) continue;
      sends.push_back({peer, data, bytes(rank, peer)});
      receives.push_back({peer, data, bytes(peer, rank)});
    }
    int last = 0;
    for (const auto& [peer, size] : flat(plan_batches(sends, true, rank, kRanks, 4, 8))) {
      const int distance = (peer - rank + kRanks) % kRanks;
      EXPECT_GE(distance, last);
      last = distance;
      sent[{rank, peer}].push_back(size);
    }
    last = 0;
    for (const auto& [peer, size] : flat(plan_batches(receives, false, rank, kRanks, 4, 8))) {
      const int distance = (rank - peer + kRanks) % kRanks;
      EXPECT_GE(distance, last);
      last = distance;
      received[{peer, rank}].push_back(size);
    }
  }
  EXPECT_EQ(sent, received);
}

}  // namespace
}  // namespace tessera::detail
