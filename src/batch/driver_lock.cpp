#include "batch/driver_lock.hpp"

#include <unistd.h>

#include "batch/batch_folder.hpp"
#include "core/files.hpp"

namespace tessera::batch {

DriverLock::DriverLock(const std::string& folder) {
  const std::string path = folder + "/lock";
  lock_ = FileLock::attempt(path, FileLock::Kind::exclusive);
  if (!lock_.held()) {
    throw IoError(folder + ": " + read_file(path).value_or("another process") + " works on this batch already");
  }
  const std::string name = "process " + std::to_string(::getpid()) + " on " + host_name();
  if (::ftruncate(lock_.descriptor(), 0) != 0 ||
      ::pwrite(lock_.descriptor(), name.data(), name.size(), 0) != static_cast<ssize_t>(name.size())) {
    throw IoError(path + ": cannot be written: " + std::strerror(errno));
  }
}

std::string DriverLock::holder(const std::string& folder) {
  const std::string path = folder + "/lock";
  // The batch may be another user's: nothing is made or opened for writing.
  const Descriptor file = Descriptor::open(path, O_RDONLY);
  if (!file.valid() || ::flock(file.get(), LOCK_SH | LOCK_NB) == 0) return {};
  return read_file(path).value_or("another process");
}

}  // namespace tessera::batch
