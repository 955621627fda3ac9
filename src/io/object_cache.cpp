#include "tessera/io/object_cache.hpp"

#include <filesystem>

#include "core/content_hash.hpp"
#include "io/cached_store.hpp"
#include "io/url.hpp"
#include "tessera/core/error.hpp"

namespace tessera {

ObjectCache::ObjectCache(const std::string& folder, Index limit) : state_(std::make_shared<CacheState>(folder, limit)) {}
ObjectCache::~ObjectCache() = default;

const std::string& ObjectCache::folder() const noexcept { return state_->folder.path(); }
Index ObjectCache::limit() const noexcept { return state_->folder.limit(); }
Index ObjectCache::used() const { return state_->folder.used(); }

CacheUse ObjectCache::use() const {
  const std::lock_guard lock(state_->mutex);
  return state_->use;
}

std::shared_ptr<ObjectStore> ObjectCache::through(std::shared_ptr<ObjectStore> store, const std::string& origin) const {
  return std::make_shared<CachedStore>(std::move(store), state_, origin);
}

std::string origin_of(const ObjectStore& store) {
  constexpr Index kMost = Index{64} << 20;
  std::string origin = store.location();
  if (!is_url(origin)) {
    std::error_code failure;
    const auto whole = std::filesystem::canonical(origin, failure);
    if (!failure) origin = whole.string();
  }
  for (const char* key : {".zmetadata", ".zattrs", ".zgroup"}) {
    const std::optional<Bytes> bytes = store.get(key, kMost);
    if (!bytes) continue;
    const std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
    return origin + "\n" + key + " " + content_hash(text) + " " + store.version(key);
  }
  throw IoError("origin_of " + store.location() + ": expected a Zarr group, found none");
}

}  // namespace tessera
