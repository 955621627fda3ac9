#pragma once

/// \file
/// Which rank writes a tile that several ranks hold.

#include "tessera/tensor/partition.hpp"

namespace tessera {

/// Whether this rank is active and holds the first of the copies that replicating grid axes make of its tile.
inline bool holds_first_copy(const Partition& partition) {
  if (!partition.active()) return false;
  const Shape at = partition.grid().coordinates(partition.position());
  const std::vector<int>& cuts = partition.grid().cuts();
  for (std::size_t axis = 0; axis < cuts.size(); ++axis) {
    if (cuts[axis] == RankGrid::kReplicate && at[axis] != 0) return false;
  }
  return true;
}

}  // namespace tessera
