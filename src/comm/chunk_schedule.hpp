#pragma once

/// \file
/// How transfers are cut to fit staging buffers of fixed size: pure arithmetic, alike on all ranks that take part.

#include <algorithm>
#include <span>
#include <vector>

#include "tessera/comm/communicator.hpp"

namespace tessera::detail {

/// Elements [offset, offset + count) of an array.
struct Chunk {
  Index offset;
  Index count;
  friend bool operator==(const Chunk&, const Chunk&) = default;
};

/// Slices of at most `most` elements that make up `count`; 0 for none.
inline Index slices_of(Index count, Index most) { return (count + most - 1) / most; }

/// What slice number `slice` holds of an array of `count` elements; nothing past its end.
inline Chunk chunk_of(Index count, Index most, Index slice) {
  const Index offset = std::min(count, slice * most);
  return {offset, std::min(most, count - offset)};
}

/// A part of a message, and where it lies in a staging buffer.
struct MessagePart {
  int peer;
  char* data;
  Index bytes;
  Index place;
};

/// Parts that share a staging buffer.
using Batch = std::vector<MessagePart>;

/// Messages cut into parts of at most `part_bytes`, the same on both sides, packed into buffers of `slot_bytes`, which
/// is at least `part_bytes`. Parts go by distance, (receiver - sender) mod `ranks`, and keep the order of the list
/// between two ranks. Since distance and order are the same for both ends of a part, the least part that is not done is
/// always in the buffer that either end works on: a fixed number of buffers cannot lock.
std::vector<Batch> plan_batches(std::span<const Message> messages, bool are_sends, int rank, int ranks,
                                Index part_bytes, Index slot_bytes);

}  // namespace tessera::detail
