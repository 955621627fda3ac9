#include "io/temporary_folder.hpp"

#include <fcntl.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "core/descriptor.hpp"
#include "io/place.hpp"

namespace tessera {

namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder(std::string name, std::string path) : name_(std::move(name)), path_(std::move(path)) {
  std::error_code failure;
  fs::remove_all(name_, failure);
  if (!failure) fs::create_directory(name_, failure);
  if (failure) fail({"create", path_}, "a place to create " + name_, failure.message());
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!published_) fs::remove_all(name_, ignored);
}

void TemporaryFolder::publish() {
  if (std::rename(name_.c_str(), path_.c_str()) != 0) {
    fail({"create", path_}, "a free name", std::strerror(errno));
  }
  published_ = true;
  synchronize_parent();
}

void TemporaryFolder::replace() {
  if (::renameat2(AT_FDCWD, name_.c_str(), AT_FDCWD, path_.c_str(), RENAME_EXCHANGE) != 0) {
    // Nothing there, or a file system that cannot exchange.
    std::error_code failure;
    if (errno != ENOENT) fs::remove_all(path_, failure);
    publish();
    return;
  }
  // What was replaced has the temporary name now, and goes with it.
  synchronize_parent();
}

void TemporaryFolder::synchronize_parent() const {
  const fs::path parent = fs::path(path_).parent_path();
  const std::string folder = parent.empty() ? "." : parent.string();
  const Descriptor file = Descriptor::open(folder, O_RDONLY | O_DIRECTORY);
  // Some file systems know no fsync of a directory.
  if (file.get() >= 0 && ::fsync(file.get()) != 0 && errno != EINVAL) {
    fail({"rename", path_}, "a folder that can be brought to the disk", std::strerror(errno));
  }
}

}  // namespace tessera
