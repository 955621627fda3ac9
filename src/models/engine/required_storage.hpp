#pragma once

#include "tessera/core/storage.hpp"

namespace tessera::engine {

/// Room for at least `size` elements on `device`, also in a storage that is on no device yet; contents are lost when it
/// grows.
template <class T>
void require(const Device& device, Index size, Storage<T>& storage) {
  if (storage.size() < size) storage = Storage<T>(device, size);
}

}  // namespace tessera::engine
