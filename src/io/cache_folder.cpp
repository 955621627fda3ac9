#include "io/cache_folder.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <vector>

#include "core/content_hash.hpp"
#include "core/files.hpp"

namespace tessera {

namespace {

namespace fs = std::filesystem;

constexpr const char* kUsed = "/used";
constexpr const char* kInUse = "/in_use";
constexpr std::size_t kHashDigits = 32;

bool is_set(const fs::directory_entry& entry) {
  std::error_code ignored;
  const std::string name = entry.path().filename().string();
  return name.size() == kHashDigits && name.find_first_not_of("0123456789abcdef") == std::string::npos &&
         entry.is_directory(ignored);
}

/// Bytes of the files in a folder, at any depth. What goes away meanwhile does not count.
Index bytes_in(const fs::path& folder) {
  Index bytes = 0;
  std::error_code failure;
  for (fs::recursive_directory_iterator entry(folder, failure), end; !failure && entry != end;
       entry.increment(failure)) {
    std::error_code gone;
    const auto size = entry->is_regular_file(gone) ? entry->file_size(gone) : 0;
    if (!gone) bytes += static_cast<Index>(size);
  }
  return bytes;
}

/// A set and when it was last opened.
struct FoundSet {
  fs::path path;
  fs::file_time_type opened;
  Index bytes;
};

std::vector<FoundSet> sets_in(const std::string& folder) {
  std::vector<FoundSet> sets;
  std::error_code failure;
  for (fs::directory_iterator entry(folder, failure), end; !failure && entry != end; entry.increment(failure)) {
    if (!is_set(*entry)) continue;
    std::error_code unknown;
    const auto opened = fs::last_write_time(entry->path().string() + kInUse, unknown);
    sets.push_back({entry->path(), unknown ? fs::file_time_type::min() : opened, bytes_in(entry->path())});
  }
  std::sort(sets.begin(), sets.end(), [](const FoundSet& a, const FoundSet& b) { return a.opened < b.opened; });
  return sets;
}

}  // namespace

CacheFolder::CacheFolder(const std::string& folder, Index limit) : path_(folder), limit_(limit) {
  if (limit < 0) throw ArgumentError("ObjectCache: expected a limit of at least 0 bytes, got " + std::to_string(limit));
  create_folders(path_);
  const FileLock held = lock();
  if (limit > 0) return;
  std::error_code failure;
  const fs::space_info space = fs::space(path_, failure);
  if (failure) throw IoError(path_ + ": the free space cannot be read: " + failure.message());
  limit_ = static_cast<Index>(space.available / 2) + read_used();
}

Index CacheFolder::used() const {
  const FileLock held = lock();
  return read_used();
}

bool CacheFolder::reserve(Index bytes) {
  if (full_) return false;
  const FileLock held = lock();
  Index used = read_used();
  if (bytes > limit_ - used) used = make_room(bytes);
  const bool fits = bytes <= limit_ - used;
  full_ = !fits;
  write_used(fits ? used + bytes : used);
  return fits;
}

void CacheFolder::release(Index bytes) {
  const FileLock held = lock();
  write_used(std::max<Index>(read_used() - bytes, 0));
  full_ = false;
}

CacheFolder::OpenSet CacheFolder::open_set(const std::string& origin) const {
  const FileLock held = lock();
  OpenSet set{path_ + "/" + content_hash(origin), {}};
  create_folders(set.path);
  set.in_use = FileLock::wait(set.path + kInUse, FileLock::Kind::shared);
  std::error_code ignored;
  fs::last_write_time(set.path + kInUse, fs::file_time_type::clock::now(), ignored);
  return set;
}

Index CacheFolder::read_used() const {
  const std::string text = read_file(path_ + kUsed).value_or("");
  Index bytes = 0;
  const char* end = text.data() + text.size();
  const auto [parsed, failure] = std::from_chars(text.data(), end, bytes);
  if (failure == std::errc() && parsed == end && bytes >= 0) return bytes;
  Index counted = 0;
  for (const FoundSet& set : sets_in(path_)) counted += set.bytes;
  return counted;
}

void CacheFolder::write_used(Index bytes) const { write_file(path_ + kUsed, std::to_string(bytes)); }

Index CacheFolder::make_room(Index bytes) const {
  const std::vector<FoundSet> sets = sets_in(path_);
  Index used = 0;
  for (const FoundSet& set : sets) used += set.bytes;
  for (const FoundSet& set : sets) {
    if (bytes <= limit_ - used) break;
    if (!FileLock::attempt(set.path.string() + kInUse, FileLock::Kind::exclusive).held()) continue;
    std::error_code failure;
    fs::remove_all(set.path, failure);
    if (!failure) used -= set.bytes;
  }
  return used;
}

}  // namespace tessera
