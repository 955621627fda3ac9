#pragma once

#include <mpi.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "tessera/comm/communicator.hpp"
#include "tessera/core/buffer.hpp"

namespace tessera {

/// The ranks of a communicator that can write to each other's memory: those on this rank's node, or this rank alone.
class NodeRanks {
 public:
  /// `shared`: false leaves every rank alone. Collective.
  NodeRanks(const Communicator& communicator, bool shared);

  /// Rank within the node, -1 for ranks of other nodes.
  int node_rank(int rank) const { return node_rank_[static_cast<std::size_t>(rank)]; }
  const Communicator& node() const noexcept { return node_; }

 private:
  static Communicator split(const Communicator& communicator, bool shared);

  Communicator node_;
  std::vector<int> node_rank_;
};

/// A piece of memory of every rank of a node, which the others can write to. Move-only; freed collectively, by its
/// destructor.
class NodeMemory {
 public:
  /// `bytes` on this rank. Collective over the node; throws MpiError, alike on all ranks of the node, when the system
  /// has not enough shared memory.
  NodeMemory(const NodeRanks& ranks, Index bytes);
  ~NodeMemory();
  NodeMemory(const NodeMemory&) = delete;
  NodeMemory& operator=(const NodeMemory&) = delete;

  /// The memory of a rank of the node, aligned to 64 bytes.
  std::byte* of(int node_rank) const { return memory_[static_cast<std::size_t>(node_rank)]; }
  std::byte* own() const { return of(node_.rank()); }

  /// What any rank wrote before is seen by all after. Collective over the node.
  void synchronise() const;

 private:
  const Communicator& node_;
  MPI_Win window_ = MPI_WIN_NULL;
  Buffer<std::byte> alone_;
  std::vector<std::byte*> memory_;
};

}  // namespace tessera
