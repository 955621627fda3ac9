#pragma once

/// \file
/// Owners of file descriptors.

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "tessera/core/error.hpp"

namespace tessera {

/// Move-only owner of a file descriptor, or of none (-1).
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int descriptor) noexcept : descriptor_(descriptor) {}
  Descriptor(Descriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~Descriptor() { close(); }

  /// Of a file; get() is -1, and errno says why, where it cannot be opened. A new one is everybody's that the mask
  /// lets.
  static Descriptor open(const std::string& name, int flags) noexcept {
    return Descriptor(::open(name.c_str(), flags | O_CLOEXEC, 0666));
  }

  int get() const noexcept { return descriptor_; }
  bool valid() const noexcept { return descriptor_ >= 0; }
  void close() noexcept {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  }

 private:
  int descriptor_ = -1;
};

/// The two ends of a pipe, neither of which a program that is started inherits by itself.
struct Pipe {
  Pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw IoError(std::string("cannot make a pipe: ") + std::strerror(errno));
    read = Descriptor(ends[0]);
    write = Descriptor(ends[1]);
  }

  Descriptor read, write;
};

}  // namespace tessera
