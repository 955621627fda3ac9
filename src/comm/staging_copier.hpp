#pragma once

/// \file
/// Copies to and from staging buffers.

#include "tessera/core/shape.hpp"

namespace tessera::detail {

/// Copies between memory that MPI cannot reach, the far memory, and staging buffers, which have numbers. What is queued
/// is carried out in that order, at some time.
class StagingCopier {
 public:
  StagingCopier() = default;
  StagingCopier(const StagingCopier&) = delete;
  StagingCopier& operator=(const StagingCopier&) = delete;
  virtual ~StagingCopier() = default;

  /// Queues a copy of `bytes` bytes.
  virtual void copy(Index bytes, const void* source, void* destination) = 0;
  /// Remembers under the number of a buffer what has been queued so far.
  virtual void mark(int slot) = 0;
  /// Whether what was last remembered under that number is done; true at first.
  virtual bool done(int slot) = 0;
  virtual void wait(int slot) = 0;
};

}  // namespace tessera::detail
