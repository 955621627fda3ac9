#include "io/cached_store.hpp"

#include <chrono>
#include <cstdio>
#include <thread>

#include "core/content_hash.hpp"
#include "core/files.hpp"

namespace tessera {

namespace {

constexpr std::size_t kHashDigits = 32;
constexpr std::size_t kFolderDigits = 2;

bool describes_others(const std::string& key) { return key[key.find_last_of('/') + 1] == '.'; }

/// "/1f/1f0c..."
std::string file_of(const std::string& key) {
  const std::string name = content_hash(key);
  return "/" + name.substr(0, kFolderDigits) + "/" + name;
}

/// Held by the one who fetches an object, so that the others find it. Waits no longer than a fetch should take: to
/// fetch an object twice does no harm.
FileLock wait_for_turn(const std::string& set, const std::string& key) {
  constexpr int kLocks = 64;
  constexpr std::chrono::milliseconds kPause{2}, kPatience{30000};
  const std::string path = set + "/fetch-" + std::to_string(std::hash<std::string>()(key) % kLocks);
  for (auto waited = kPause; waited < kPatience; waited += kPause) {
    try {
      FileLock turn = FileLock::attempt(path, FileLock::Kind::exclusive);
      if (turn.held()) return turn;
    } catch (const IoError&) {
      return {};  // a folder that cannot be written any more
    }
    std::this_thread::sleep_for(kPause);
  }
  return {};
}

}  // namespace

CachedStore::CachedStore(std::shared_ptr<ObjectStore> store, std::shared_ptr<CacheState> cache,
                         const std::string& origin)
    : store_(std::move(store)), cache_(std::move(cache)), set_(cache_->folder.open_set(origin)) {}

std::optional<Bytes> CachedStore::get(const std::string& key, Index most) const {
  require_key(key);
  if (describes_others(key)) return store_->get(key, most);
  const std::string file = set_.path + file_of(key);
  std::optional<Bytes> bytes = find(file, key);
  if (!bytes) {
    const FileLock turn = wait_for_turn(set_.path, key);
    bytes = find(file, key);
    if (!bytes) {
      bytes = store_->get(key, most);
      if (bytes) keep(file, key, *bytes);
      return bytes;
    }
  }
  // The store itself says what is wrong with an object that is too long.
  if (std::ssize(*bytes) > most) return store_->get(key, most);
  cache_->count([&](CacheUse& use) {
    ++use.found;
    use.found_bytes += std::ssize(*bytes);
  });
  return bytes;
}

std::optional<Bytes> CachedStore::find(const std::string& file, const std::string& key) const {
  std::optional<std::string> contents;
  try {
    contents = read_file(file);
  } catch (const IoError&) {
    // A disk that cannot be read is one more way to be damaged.
    drop_damaged(file, 0);
    return std::nullopt;
  }
  if (!contents) return std::nullopt;
  const std::string_view text = *contents;
  const std::size_t start = kHashDigits + key.size() + 1;
  const bool sound = text.size() >= start && text.substr(kHashDigits, key.size()) == key && text[start - 1] == '\n' &&
                     content_hash(text.substr(kHashDigits)) == text.substr(0, kHashDigits);
  if (!sound) {
    drop_damaged(file, std::ssize(text));
    return std::nullopt;
  }
  const auto bytes = std::as_bytes(std::span(text.substr(start)));
  return Bytes(bytes.begin(), bytes.end());
}

void CachedStore::drop_damaged(const std::string& file, Index bytes) const {
  // Who removes it says so; another process may have been faster.
  if (std::remove(file.c_str()) != 0) return;
  cache_->count([](CacheUse& use) { ++use.damaged; });
  try {
    cache_->folder.release(bytes);
  } catch (const IoError&) {
    // Counted anew when room gets short.
  }
}

void CachedStore::keep(const std::string& file, const std::string& key, std::span<const std::byte> bytes) const {
  bool kept = false;
  std::string contents = std::string(kHashDigits, ' ') + key + '\n';
  contents.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  contents.replace(0, kHashDigits, content_hash(std::string_view(contents).substr(kHashDigits)));
  try {
    if (cache_->folder.reserve(std::ssize(contents))) {
      create_folders(file.substr(0, file.find_last_of('/')));
      write_file(file, contents);
      kept = true;
    }
  } catch (const IoError&) {
    // Nothing is lost but time: what was reserved is counted anew when room gets short.
  }
  cache_->count([&](CacheUse& use) {
    ++use.fetched;
    use.fetched_bytes += std::ssize(bytes);
    if (!kept) ++use.not_kept;
  });
}

}  // namespace tessera
