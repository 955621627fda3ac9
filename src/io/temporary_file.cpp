#include "io/temporary_file.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <limits>

#include "core/descriptor.hpp"
#include "io/size_signal_scope.hpp"

namespace tessera {

namespace {

Index file_size(int file) {
  struct stat status = {};
  return ::fstat(file, &status) == 0 ? static_cast<Index>(status.st_size) : 0;
}

Index size_limit() {
  struct rlimit limit = {};
  constexpr Index kUnlimited = std::numeric_limits<Index>::max();
  if (::getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return kUnlimited;
  return static_cast<Index>(std::min<rlim_t>(limit.rlim_cur, kUnlimited));
}

/// What the file holds already counts as available to it.
Index free_bytes(int file) {
  struct statvfs system = {};
  struct stat status = {};
  if (::fstatvfs(file, &system) != 0 || ::fstat(file, &status) != 0) return std::numeric_limits<Index>::max();
  constexpr Index kBlock = 512;
  return static_cast<Index>(system.f_bavail) * static_cast<Index>(system.f_frsize) +
         static_cast<Index>(status.st_blocks) * kBlock;
}

/// 0, or the errno of a system that will not give the file that many bytes.
int allocate(int file, Index bytes) {
  if (bytes > size_limit()) return EFBIG;
  if (bytes == 0) return 0;
  int code = 0;
  do {
    code = ::fallocate(file, 0, 0, bytes);
  } while (code != 0 && errno == EINTR);
  if (code == 0) return 0;
  if (errno != EOPNOTSUPP && errno != ENOSYS) return errno;
  return bytes > free_bytes(file) ? ENOSPC : 0;
}

}  // namespace

TemporaryFile::TemporaryFile(std::string what, std::string path, std::shared_ptr<const Communicator> communicator)
    : what_(std::move(what)), path_(std::move(path)), name_(path_ + ".tmp"), communicator_(std::move(communicator)) {
  communicator_->together([&] {
    std::error_code ignored;
    if (communicator_->rank() == 0 && std::filesystem::is_directory(path_, ignored)) {
      fail("expected the name of a file, found a directory");
    }
  });
}

TemporaryFile::~TemporaryFile() {
  if (published_ || communicator_->rank() != 0) return;
  // Gives the blocks back at once, even while some rank still has the file open.
  Descriptor::open(name_, O_WRONLY | O_TRUNC);
  ::unlink(name_.c_str());
}

void TemporaryFile::fail(const std::string& explanation) const {
  throw IoError(what_ + " " + path_ + ": " + explanation);
}

void TemporaryFile::reserve(int file, Index bytes) const {
  const Index size = file_size(file);
  const SizeSignalScope scope;
  const int code = allocate(file, bytes);
  if (code == 0) return;
  // A file system that stops half-way keeps what it had allocated.
  const bool shrunk = ::ftruncate(file, size) == 0;
  const Index available = code == EFBIG ? size_limit() : free_bytes(file);
  fail("needs " + std::to_string(bytes) + " bytes, only " + std::to_string(available) + " available" +
       (shrunk ? "" : " after a failed attempt") + ": " + std::strerror(code));
}

void TemporaryFile::require_space(Index bytes) const {
  communicator_->together([&] {
    if (communicator_->rank() != 0) return;
    const Descriptor file = Descriptor::open(name_, O_RDWR | O_CREAT | O_TRUNC);
    if (file.get() < 0) fail("expected a place to create " + name_ + ", found: " + std::strerror(errno));
    reserve(file.get(), bytes);
    if (::ftruncate(file.get(), 0) != 0) fail("cannot empty " + name_ + ": " + std::strerror(errno));
  });
}

void TemporaryFile::claim_blocks() const {
  communicator_->together([&] {
    if (communicator_->rank() != 0) return;
    const Descriptor file = Descriptor::open(name_, O_RDWR);
    if (file.get() < 0) fail("cannot open " + name_ + ": " + std::strerror(errno));
    reserve(file.get(), file_size(file.get()));
  });
}

void TemporaryFile::synchronize(const std::string& name, bool directory) const {
  const Descriptor file = Descriptor::open(name, directory ? O_RDONLY | O_DIRECTORY : O_RDONLY);
  if (file.get() < 0) fail("cannot open " + name + ": " + std::strerror(errno));
  // Some file systems know no fsync of a directory.
  if (::fsync(file.get()) != 0 && !(directory && errno == EINVAL)) {
    fail("cannot bring " + name + " to the disk: " + std::strerror(errno));
  }
}

void TemporaryFile::publish() {
  communicator_->together([&] { synchronize(name_, false); });
  communicator_->together([&] {
    if (communicator_->rank() != 0) return;
    if (std::rename(name_.c_str(), path_.c_str()) != 0) {
      fail("cannot rename " + name_ + ": " + std::strerror(errno));
    }
    published_ = true;
    const std::filesystem::path directory = std::filesystem::path(path_).parent_path();
    synchronize(directory.empty() ? "." : directory.string(), true);
  });
}

}  // namespace tessera
