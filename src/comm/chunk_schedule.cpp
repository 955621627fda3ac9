#include "comm/chunk_schedule.hpp"

namespace tessera::detail {

std::vector<Batch> plan_batches(std::span<const Message> messages, bool are_sends, int rank, int ranks,
                                Index part_bytes, Index slot_bytes) {
  std::vector<Message> ordered(messages.begin(), messages.end());
  const auto distance = [&](const Message& message) {
    return ((are_sends ? message.peer - rank : rank - message.peer) + ranks) % ranks;
  };
  std::stable_sort(ordered.begin(), ordered.end(),
                   [&](const Message& a, const Message& b) { return distance(a) < distance(b); });
  std::vector<Batch> batches;
  Index used = slot_bytes;
  for (const Message& message : ordered) {
    for (Index slice = 0; slice < slices_of(message.bytes, part_bytes); ++slice) {
      const Chunk part = chunk_of(message.bytes, part_bytes, slice);
      if (used + part.count > slot_bytes) {
        batches.emplace_back();
        used = 0;
      }
      batches.back().push_back({message.peer, static_cast<char*>(message.data) + part.offset, part.count, used});
      used += part.count;
    }
  }
  return batches;
}

}  // namespace tessera::detail
