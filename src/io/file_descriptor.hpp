#pragma once

/// \file
/// An open file as an owner. Private to the io room.

#include <fcntl.h>
#include <unistd.h>

#include <string>

namespace tessera {

/// Closes at its end; get() is negative, and errno says why, where the file could not be opened.
class FileDescriptor {
 public:
  FileDescriptor(const std::string& name, int flags) : file_(::open(name.c_str(), flags | O_CLOEXEC, 0666)) {}
  ~FileDescriptor() {
    if (file_ >= 0) ::close(file_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int get() const noexcept { return file_; }

 private:
  int file_;
};

}  // namespace tessera
