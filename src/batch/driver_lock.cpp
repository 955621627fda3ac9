#include "batch/driver_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "batch/batch_folder.hpp"
#include "core/files.hpp"

namespace tessera::batch {

DriverLock::DriverLock(const std::string& folder) {
  const std::string path = folder + "/lock";
  Descriptor file = Descriptor::open(path, O_RDWR | O_CREAT);
  if (!file.valid()) throw IoError(path + ": cannot be opened: " + std::strerror(errno));
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    throw IoError(folder + ": " + read_file(path).value_or("another process") + " works on this batch already");
  }
  const std::string name = "process " + std::to_string(::getpid()) + " on " + host_name();
  if (::ftruncate(file.get(), 0) != 0 ||
      ::pwrite(file.get(), name.data(), name.size(), 0) != static_cast<ssize_t>(name.size())) {
    throw IoError(path + ": cannot be written: " + std::strerror(errno));
  }
  file_ = std::move(file);
}

std::string DriverLock::holder(const std::string& folder) {
  const std::string path = folder + "/lock";
  const Descriptor file = Descriptor::open(path, O_RDONLY);
  if (!file.valid() || ::flock(file.get(), LOCK_SH | LOCK_NB) == 0) return {};
  return read_file(path).value_or("another process");
}

}  // namespace tessera::batch
