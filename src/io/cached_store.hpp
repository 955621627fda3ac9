#pragma once

/// \file
/// A store seen through a cache. Private to the io room.

#include <memory>
#include <mutex>
#include <string>

#include "io/cache_folder.hpp"

namespace tessera {

/// What the stores of one cache share.
struct CacheState {
  CacheState(const std::string& path, Index limit) : folder(path, limit) {}

  template <class Change>
  void count(Change&& change) {
    const std::lock_guard lock(mutex);
    change(use);
  }

  CacheFolder folder;
  std::mutex mutex;
  CacheUse use;
};

/// See ObjectCache::through.
class CachedStore final : public ObjectStore {
 public:
  CachedStore(std::shared_ptr<ObjectStore> store, std::shared_ptr<CacheState> cache, const std::string& origin);

  const std::string& location() const noexcept override { return store_->location(); }
  std::optional<Bytes> get(const std::string& key, Index most) const override;
  std::optional<Bytes> get_range(const std::string& key, Index offset, Index bytes) const override {
    return store_->get_range(key, offset, bytes);
  }
  bool exists(const std::string& key) const override { return store_->exists(key); }
  std::string version(const std::string& key) const override { return store_->version(key); }
  void put(const std::string& key, std::span<const std::byte> bytes) override { store_->put(key, bytes); }
  void erase(const std::string& key) override { store_->erase(key); }
  std::vector<std::string> list(const std::string& prefix) const override { return store_->list(prefix); }
  void remove_leftovers() override { store_->remove_leftovers(); }

 private:
  std::optional<Bytes> find(const std::string& file, const std::string& key) const;
  void drop_damaged(const std::string& file, Index bytes) const;
  void keep(const std::string& file, const std::string& key, std::span<const std::byte> bytes) const;

  std::shared_ptr<ObjectStore> store_;
  std::shared_ptr<CacheState> cache_;
  CacheFolder::OpenSet set_;
};

}  // namespace tessera
