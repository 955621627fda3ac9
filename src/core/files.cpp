#include "core/files.hpp"

#include <sys/stat.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "core/descriptor.hpp"

namespace tessera {

namespace {

[[noreturn]] void fail(const std::string& path, const char* action) {
  throw IoError(path + ": cannot be " + action + ": " + std::strerror(errno));
}

void write_all(int file, std::string_view contents, const std::string& path) {
  while (!contents.empty()) {
    const ssize_t written = ::write(file, contents.data(), contents.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(path, "written");
    contents.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

std::optional<std::string> read_file(const std::string& path) {
  const Descriptor file = Descriptor::open(path, O_RDONLY);
  if (!file.valid() && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
  if (!file.valid()) fail(path, "opened");
  std::string contents;
  std::array<char, 16384> block;
  for (;;) {
    const ssize_t got = ::read(file.get(), block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(path, "read");
    if (got == 0) return contents;
    contents.append(block.data(), static_cast<std::size_t>(got));
  }
}

void write_file(const std::string& path, std::string_view contents) {
  std::string temporary = path + ".XXXXXX";
  Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!file.valid()) fail(path, "written");
  try {
    write_all(file.get(), contents, path);
    // A temporary is its owner's alone; the file is everybody's that the mask lets.
    const mode_t mask = ::umask(0);
    ::umask(mask);
    if (::fchmod(file.get(), 0666 & ~mask) != 0) fail(path, "written");
    file.close();
    if (std::rename(temporary.c_str(), path.c_str()) != 0) fail(path, "written");
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
}

void append_to_file(const std::string& path, std::string_view contents) {
  const Descriptor file = Descriptor::open(path, O_WRONLY | O_CREAT | O_APPEND);
  if (!file.valid()) fail(path, "written");
  write_all(file.get(), contents, path);
}

void create_folders(const std::string& path) {
  std::error_code failure;
  std::filesystem::create_directories(path, failure);
  if (failure) throw IoError(path + ": cannot be created: " + failure.message());
}

}  // namespace tessera
