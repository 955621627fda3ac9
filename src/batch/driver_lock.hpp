#pragma once

/// \file
/// Who drives a batch.

#include <string>

#include "core/file_lock.hpp"

namespace tessera::batch {

/// Held by the one process that drives a batch, from construction to destruction or its end.
class DriverLock {
 public:
  /// IoError naming the holder when there is another one.
  explicit DriverLock(const std::string& folder);

  /// The holder, "process 12 on host"; empty where there is none.
  static std::string holder(const std::string& folder);

 private:
  FileLock lock_;
};

}  // namespace tessera::batch
