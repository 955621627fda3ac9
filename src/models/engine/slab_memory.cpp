#include "models/engine/slab_memory.hpp"

#include <algorithm>
#include <cstdlib>

namespace tessera::engine {

namespace {

/// Much more than a device's caches, so that starting work costs little beside it, and little of its memory.
constexpr Index kSlabBytes = Index{64} << 20;
constexpr std::size_t kFirstGridAxis = 2;

Index slab_bytes() {
  const char* bytes = std::getenv("TESSERA_SLAB_BYTES");
  return bytes != nullptr ? std::max<Index>(1, std::atoll(bytes)) : kSlabBytes;
}

/// Arrays of [width, cells of a slab], see DeviceWork: v and gz twice, the slopes of the lift, and z of the blocks
/// whose slopes a pass keeps itself.
Index slab_arrays(const FnoConfig& config) {
  const Index rounded = config.activation_type == ActivationType::bfloat16 ? 1 : 0;
  switch (config.activations) {
    case Activations::all: return 6 + rounded;
    case Activations::one: return 5 + config.blocks + rounded;
    case Activations::none: break;
  }
  return 6 + config.blocks + rounded;
}

/// Most modes that the tiles of a pass are computed from at a time, and those being gathered.
Index mode_rows(const FnoConfig& config) {
  switch (config.activations) {
    case Activations::all: return 1 + 1;
    case Activations::one: return config.blocks + 1;
    case Activations::none: break;
  }
  return 2 * config.blocks + 1;
}

}  // namespace

Index slab_planes(Index planes, Index plane_bytes) {
  const Index most = std::clamp<Index>(slab_bytes() / std::max<Index>(1, plane_bytes), 1, std::max<Index>(1, planes));
  const Index slabs = std::max<Index>(1, (planes + most - 1) / most);
  return (planes + slabs - 1) / slabs;
}

Index slab_memory(const FnoConfig& config, const Shape& tile, const Shape& partial, Index real_bytes) {
  const std::size_t axes = tile.size() - kFirstGridAxis;
  const std::size_t first = axes > 1 ? kFirstGridAxis + 1 : kFirstGridAxis;
  const Index planes = axes > 1 ? tile[kFirstGridAxis] : 1;
  const bool x_transformed = axes > 1 && partial[kFirstGridAxis] != planes;
  Index cells = 1;
  for (std::size_t axis = first; axis < tile.size(); ++axis) cells *= tile[axis];
  const Index in_slab = slab_planes(planes, config.width * cells * real_bytes);

  // Complex numbers of a plane after each of the other axes' transforms, the last axis first.
  Index before = cells, modes = 1, largest = 0, transforms = 0;
  for (std::size_t axis = tile.size(); axis-- > first;) {
    before /= std::max<Index>(1, tile[axis]);
    modes *= partial[axis];
    if (partial[axis] != tile[axis]) ++transforms;
    largest = std::max(largest, before * modes);
  }
  Index complex = transforms > 1 ? 2 * in_slab * largest : 0;
  if (in_slab < planes) complex += in_slab * modes;
  if (x_transformed) complex += mode_rows(config) * planes * modes;
  const Index fields = 2 * (config.in_channels + config.out_channels);
  return (slab_arrays(config) * config.width + fields) * in_slab * cells * real_bytes +
         2 * config.width * complex * real_bytes;
}

}  // namespace tessera::engine
