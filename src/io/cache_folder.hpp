#pragma once

/// \file
/// The files of an ObjectCache. Private to the io room.

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "core/file_lock.hpp"
#include "tessera/io/object_cache.hpp"

namespace tessera {

/// The folder of a cache:
///
///   lock                      held by who changes `used` or removes sets
///   used                      bytes of all objects, kept or about to be
///   <hash of the origin>/
///     in_use                  locked, shared, by every process that reads the set; its time is when that began
///     fetch-<number>          locked by who fetches an object
///     <two digits>/<hash of the key>
///
/// An object's file is the hash of the rest in 32 hexadecimal digits, the key, a line feed, and the bytes.
class CacheFolder {
 public:
  CacheFolder(const std::string& folder, Index limit);

  const std::string& path() const noexcept { return path_; }
  Index limit() const noexcept { return limit_; }
  Index used() const;

  /// Makes room for so many bytes and counts them as used; false when there is none.
  bool reserve(Index bytes);
  void release(Index bytes);
  /// The folder of a set, and the lock that keeps it there.
  struct OpenSet {
    std::string path;
    FileLock in_use;
  };
  OpenSet open_set(const std::string& origin) const;

 private:
  FileLock lock() const { return FileLock::wait(path_ + "/lock", FileLock::Kind::exclusive); }
  Index read_used() const;
  void write_used(Index bytes) const;
  /// Removes sets until so many bytes fit, and counts what stays.
  Index make_room(Index bytes) const;

  std::string path_;
  Index limit_;
  /// There was no room left, and nothing has gone since.
  std::atomic<bool> full_ = false;
};

}  // namespace tessera
