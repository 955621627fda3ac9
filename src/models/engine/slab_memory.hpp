#pragma once

/// \file
/// How much of a grid an engine on a CUDA device computes at once, and what memory that takes.

#include "tessera/models/fno_config.hpp"

namespace tessera::engine {

/// Planes of the first grid axis in a slab: as many as have about 64 MiB per field, and slabs of about equal size.
/// `plane_bytes`: all channels of a plane. TESSERA_SLAB_BYTES in the environment takes the place of 64 MiB, for
/// measurements and tests.
Index slab_planes(Index planes, Index plane_bytes);

/// Bytes that the passes of a training step hold on a device beside what is kept between passes.
/// `tile`: this rank's extents of [batch, width, grid...]; `partial`: of the same where the axes that are transformed
/// before the first exchange have their modes.
Index slab_memory(const FnoConfig& config, const Shape& tile, const Shape& partial, Index real_bytes);

}  // namespace tessera::engine
