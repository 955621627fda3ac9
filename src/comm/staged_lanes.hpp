#pragma once

/// \file
/// The two directions of an exchange of messages through staging buffers.

#include <array>
#include <cstddef>
#include <vector>

#include "comm/chunk_schedule.hpp"
#include "comm/staging_copier.hpp"
#include "tessera/comm/communicator.hpp"

namespace tessera::detail {

/// A staging buffer and the number the copier knows it by.
struct StagingBuffer {
  int slot;
  char* memory;
};

/// Batches on their way through two buffers in turn, so that one is copied while MPI moves the other.
class StagedLane {
 public:
  using Buffers = std::array<StagingBuffer, 2>;

  StagedLane(const Communicator& communicator, StagingCopier& copier, std::vector<Batch> batches,
             const Buffers& buffers)
      : communicator_(communicator), copier_(copier), batches_(std::move(batches)), buffers_(buffers) {}

 protected:
  const StagingBuffer& buffer(std::size_t batch) const { return buffers_[batch % buffers_.size()]; }
  /// The messages of a batch, from or to its buffer.
  std::vector<Message> messages(std::size_t batch) const;

  const Communicator& communicator_;
  StagingCopier& copier_;
  const std::vector<Batch> batches_;
  const Buffers buffers_;
  std::array<PendingMessages, 2> under_way_;
  std::size_t started_ = 0;  ///< batches handed to MPI
};

/// Far memory -> buffer -> MPI.
class StagedSends : StagedLane {
 public:
  using StagedLane::StagedLane;
  bool finished() const { return sent_ == batches_.size(); }
  /// Does what can be done without waiting; returns whether that was anything.
  bool advance();

 private:
  std::size_t copied_ = 0;  ///< batches whose copies are queued
  std::size_t sent_ = 0;
};

/// MPI -> buffer -> far memory.
class StagedReceives : StagedLane {
 public:
  using StagedLane::StagedLane;
  bool finished() const { return stored_ == batches_.size(); }
  /// Does what can be done without waiting; returns whether that was anything.
  bool advance();

 private:
  std::size_t stored_ = 0;  ///< batches whose copies are queued
};

}  // namespace tessera::detail
