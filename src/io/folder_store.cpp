#include "tessera/io/folder_store.hpp"

#include <sys/random.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <random>

#include "core/descriptor.hpp"
#include "io/place.hpp"
#include "io/size_signal_scope.hpp"

namespace tessera {

namespace {

namespace fs = std::filesystem;

constexpr const char* kPartial = ".partial";
constexpr int kNameAttempts = 8;

bool absent(int code) { return code == ENOENT || code == ENOTDIR; }

std::string hexadecimal(std::uint64_t number) {
  char text[2 * sizeof(number) + 1];
  std::snprintf(text, sizeof(text), "%016llx", static_cast<unsigned long long>(number));
  return text;
}

/// Of the whole machine, and of others that share the folder.
std::uint64_t unused_number() {
  std::uint64_t number = 0;
  if (::getrandom(&number, sizeof(number), 0) != sizeof(number)) {
    std::random_device device;
    number = (std::uint64_t{device()} << 32) | device();
  }
  return number;
}

/// Size of an open regular file.
Index size_of(int file, const Place& place) {
  struct stat status = {};
  if (::fstat(file, &status) != 0) fail(place, "a file that can be read", std::strerror(errno));
  if (!S_ISREG(status.st_mode)) {
    fail(place, "a file that can be read", S_ISDIR(status.st_mode) ? "a directory" : "no regular file");
  }
  return static_cast<Index>(status.st_size);
}

Bytes read_bytes(int file, Index offset, Index count, const Place& place) {
  Bytes bytes(static_cast<std::size_t>(count));
  for (Index done = 0; done < count;) {
    const ssize_t got = ::pread(file, bytes.data() + done, static_cast<std::size_t>(count - done), offset + done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(place, "a file that can be read", std::strerror(errno));
    if (got == 0) fail(place, std::to_string(count) + " bytes", "only " + std::to_string(done));
    done += got;
  }
  return bytes;
}

void write_bytes(int file, std::span<const std::byte> bytes, const Place& place) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(place, "room for " + std::to_string(bytes.size()) + " bytes", std::strerror(errno));
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  if (::fdatasync(file) != 0) fail(place, "a file that can be brought to the disk", std::strerror(errno));
}

bool is_leftover(const fs::path& name) { return name.extension() == kPartial; }

/// Opens a new file beside `name`, and makes the folders on the way to it.
std::string create_partial(const std::string& name, const Place& place) {
  for (int attempt = 0; attempt < kNameAttempts; ++attempt) {
    const std::string partial = name + "." + hexadecimal(unused_number()) + kPartial;
    const Descriptor file = Descriptor::open(partial, O_WRONLY | O_CREAT | O_EXCL);
    if (file.get() >= 0) return partial;
    if (errno == ENOENT) {
      std::error_code failure;
      fs::create_directories(fs::path(name).parent_path(), failure);
      if (failure) fail(place, "a place to create a folder", failure.message());
    } else if (errno != EEXIST) {
      break;
    }
  }
  fail(place, "a place to create a file", std::strerror(errno));
}

}  // namespace

std::string FolderStore::file_of(const std::string& key) const {
  require_key(key);
  return folder_ + "/" + key;
}

std::optional<Bytes> FolderStore::get(const std::string& key, Index most) const {
  const Place place{"get", folder_, key};
  const Descriptor file = Descriptor::open(file_of(key), O_RDONLY);
  if (file.get() < 0 && absent(errno)) return std::nullopt;
  if (file.get() < 0) fail(place, "a file that can be read", std::strerror(errno));
  const Index size = size_of(file.get(), place);
  if (size > most) fail(place, "at most " + std::to_string(most) + " bytes", std::to_string(size));
  return read_bytes(file.get(), 0, size, place);
}

std::optional<Bytes> FolderStore::get_range(const std::string& key, Index offset, Index bytes) const {
  const Place place{"get_range", folder_, key};
  const Descriptor file = Descriptor::open(file_of(key), O_RDONLY);
  if (file.get() < 0 && absent(errno)) return std::nullopt;
  if (file.get() < 0) fail(place, "a file that can be read", std::strerror(errno));
  const Index size = size_of(file.get(), place);
  if (offset < 0 || bytes < 0 || offset > size || bytes > size - offset) {
    fail(place, std::to_string(bytes) + " bytes from " + std::to_string(offset) + " on",
         std::to_string(size) + " in all");
  }
  return read_bytes(file.get(), offset, bytes, place);
}

bool FolderStore::exists(const std::string& key) const {
  struct stat status = {};
  if (::stat(file_of(key).c_str(), &status) == 0) return S_ISREG(status.st_mode);
  if (!absent(errno)) fail({"exists", folder_, key}, "a folder that can be read", std::strerror(errno));
  return false;
}

std::string FolderStore::version(const std::string& key) const {
  struct stat status = {};
  if (::stat(file_of(key).c_str(), &status) != 0) {
    if (absent(errno)) return {};
    fail({"version", folder_, key}, "a folder that can be read", std::strerror(errno));
  }
  return std::to_string(status.st_size) + " bytes of " + std::to_string(status.st_mtim.tv_sec) + "." +
         std::to_string(status.st_mtim.tv_nsec);
}

void FolderStore::put(const std::string& key, std::span<const std::byte> bytes) {
  const Place place{"put", folder_, key};
  const std::string name = file_of(key);
  const std::string partial = create_partial(name, place);
  const SizeSignalScope scope;
  try {
    const Descriptor file = Descriptor::open(partial, O_WRONLY);
    if (file.get() < 0) fail(place, "a file that can be written", std::strerror(errno));
    write_bytes(file.get(), bytes, place);
    if (::rename(partial.c_str(), name.c_str()) != 0) fail(place, "a free name or a file", std::strerror(errno));
  } catch (...) {
    ::unlink(partial.c_str());
    throw;
  }
}

void FolderStore::erase(const std::string& key) {
  if (::unlink(file_of(key).c_str()) == 0 || absent(errno)) return;
  fail({"erase", folder_, key}, "an object that can be removed", std::strerror(errno));
}

std::vector<std::string> FolderStore::list(const std::string& prefix) const {
  std::error_code failure;
  fs::directory_iterator entry(prefix.empty() ? folder_ : file_of(prefix), failure);
  std::vector<std::string> names;
  for (; !failure && entry != fs::directory_iterator(); entry.increment(failure)) {
    if (!is_leftover(entry->path())) names.push_back(entry->path().filename().string());
  }
  if (failure && !absent(failure.value())) {
    fail({"list", folder_, prefix}, "a folder that can be read", failure.message());
  }
  std::sort(names.begin(), names.end());
  return names;
}

void FolderStore::remove_leftovers() {
  std::error_code failure;
  fs::recursive_directory_iterator entry(folder_, failure);
  std::vector<fs::path> leftovers;
  for (; !failure && entry != fs::recursive_directory_iterator(); entry.increment(failure)) {
    if (is_leftover(entry->path())) leftovers.push_back(entry->path());
  }
  for (const fs::path& leftover : leftovers) fs::remove(leftover, failure);
  if (failure && !absent(failure.value())) {
    fail({"remove_leftovers", folder_}, "a folder that can be written", failure.message());
  }
}

}  // namespace tessera
