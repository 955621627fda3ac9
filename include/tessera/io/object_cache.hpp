#pragma once

/// \file
/// Objects of slow stores, kept on a disk of this machine.

#include <memory>
#include <string>

#include "tessera/io/object_store.hpp"

namespace tessera {

struct CacheState;

/// What this process read by way of a cache.
struct CacheUse {
  Index found = 0;     ///< objects that the cache had
  Index fetched = 0;   ///< objects that it did not have
  Index damaged = 0;   ///< objects that it had with other contents than were kept, and were fetched again
  Index not_kept = 0;  ///< objects that were fetched and found no room
  Index found_bytes = 0, fetched_bytes = 0;
};

/// A folder in which processes of one machine keep objects of stores that are slow to read: chunks of a data set on a
/// server or a shared file system, on the disk of a node. Every object has a checksum, so that what a crash or a bad
/// disk made of it is found and fetched again. Objects of one origin are kept in a folder of their own; where room is
/// short, folders that no process is using go, those that were opened longest ago first, and what then finds no room is
/// read from its store every time: a set that is read once an epoch gains nothing from throwing out its own objects. An
/// object that several processes want at once is fetched by one of them.
///
/// Members are local; several threads may call them at once.
class ObjectCache {
 public:
  /// Opens or makes the folder, which holds no more than `limit` bytes of objects, whoever keeps them; 0: half of what
  /// the disk has free, and what is there already. ArgumentError for a limit below 0, IoError when the folder cannot be
  /// made or written.
  ObjectCache(const std::string& folder, Index limit);
  ~ObjectCache();

  const std::string& folder() const noexcept;
  Index limit() const noexcept;
  /// Bytes that objects of all origins take, as far as their keepers came to say.
  Index used() const;
  CacheUse use() const;

  /// The store, with objects that `get` reads taken from the cache where it has them, and kept there where not.
  /// `origin` tells what is read (see origin_of); objects whose last name begins with a dot, which describe others, are
  /// never kept. Writing goes to the store alone. The result may outlive the cache object. IoError when the folder
  /// cannot be written.
  std::shared_ptr<ObjectStore> through(std::shared_ptr<ObjectStore> store, const std::string& origin) const;

 private:
  std::shared_ptr<CacheState> state_;
};

/// A text that tells the Zarr group in a store from every other, and from what replaces it: location, and contents and
/// version of the object that describes it. A chunk that is changed under the same description goes unnoticed.
std::string origin_of(const ObjectStore& store);

}  // namespace tessera
