#pragma once

/// \file
/// Locks between processes of one machine.

#include <sys/file.h>

#include "core/descriptor.hpp"

namespace tessera {

/// A lock on a file, made where it is missing, held until the end of this object or of the process; flock(2). Every
/// FileLock is a holder of its own, also within one process.
class FileLock {
 public:
  enum class Kind { shared = LOCK_SH, exclusive = LOCK_EX };

  FileLock() = default;
  /// Waits for the others. IoError when the file cannot be opened or locked.
  static FileLock wait(const std::string& path, Kind kind) {
    FileLock lock(path);
    while (::flock(lock.file_.get(), static_cast<int>(kind)) != 0) {
      if (errno != EINTR) throw IoError(path + ": cannot be locked: " + std::strerror(errno));
    }
    return lock;
  }
  /// Holds nothing where another holder is in the way. IoError when the file cannot be opened.
  static FileLock attempt(const std::string& path, Kind kind) {
    FileLock lock(path);
    return ::flock(lock.file_.get(), static_cast<int>(kind) | LOCK_NB) == 0 ? std::move(lock) : FileLock();
  }

  bool held() const noexcept { return file_.valid(); }
  /// Of the file, open for reading and writing.
  int descriptor() const noexcept { return file_.get(); }

 private:
  explicit FileLock(const std::string& path) : file_(Descriptor::open(path, O_RDWR | O_CREAT)) {
    if (!file_.valid()) throw IoError(path + ": cannot be opened: " + std::strerror(errno));
  }

  Descriptor file_;
};

}  // namespace tessera
