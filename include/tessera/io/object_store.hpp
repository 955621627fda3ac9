#pragma once

/// \file
/// Named byte strings: what a Zarr array is kept in.

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tessera/core/shape.hpp"

namespace tessera {

using Bytes = std::vector<std::byte>;

/// A map from keys to byte strings ("objects"), on a disk or elsewhere. Keys are relative paths such as
/// "output/0.1.2". Members are local and may be called by several threads, and on one place by several processes, at
/// once. Failures are IoErrors that name the place and the key; a key that require_key refuses is an ArgumentError.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  /// The place, for messages.
  virtual const std::string& location() const noexcept = 0;

  /// The object, or nothing where there is none. IoError when it has more than `most` bytes.
  virtual std::optional<Bytes> get(const std::string& key, Index most) const = 0;
  /// `bytes` bytes from `offset` on, or nothing where there is no such object. IoError when the object ends before.
  virtual std::optional<Bytes> get_range(const std::string& key, Index offset, Index bytes) const = 0;
  virtual bool exists(const std::string& key) const = 0;
  /// A text that is another one once the object has been replaced: the time and size of a file, what a server says;
  /// empty where there is no object, or the store cannot tell.
  virtual std::string version(const std::string& key) const = 0;

  /// Creates or replaces an object, so that a reader sees the old one or the new one whole, whatever happens to this
  /// process; it is on the disk on return.
  virtual void put(const std::string& key, std::span<const std::byte> bytes) = 0;
  /// Removes an object; nothing to do where there is none.
  virtual void erase(const std::string& key) = 0;

  /// Names directly under `prefix` ("" for the top), objects and prefixes alike, in alphabetical order.
  virtual std::vector<std::string> list(const std::string& prefix) const = 0;
  /// Removes what writers that were killed left behind. No writer may be at work.
  virtual void remove_leftovers() = 0;
};

/// Throws ArgumentError unless `key` is names joined by "/", each of 1 to 255 bytes without control characters and
/// backslashes, and none of them "." or "..": a key never leads out of its store.
void require_key(const std::string& key);

/// Whether a location is that of a store rather than of a file: a folder, or a URL.
bool is_store(const std::string& location);
/// The store at a location: a folder of this machine, or what an HTTP(S) server has below a URL
/// ("https://<host>/<path>"), which is read only and cannot list its names: `put`, `erase`, `list` and
/// `remove_leftovers` are IoErrors there. It needs not exist, and nothing is asked of a server yet. IoError for a URL
/// in a build without libcurl, ArgumentError for one that is none.
std::shared_ptr<ObjectStore> open_store(const std::string& location);
/// The location as messages say it: a URL without user, password and query.
std::string printable_location(const std::string& location);
/// IoError "<operation> <location>: ..." for a URL.
void require_writable_location(const std::string& operation, const std::string& location);

}  // namespace tessera
