#pragma once

/// \file
/// Boxes in slabs, for work on fields that must not be held as a whole.

#include <vector>

#include "tessera/core/shape.hpp"

namespace tessera {

/// Numbers in a slab where nothing else decides: a megabyte or two.
inline constexpr Index kSlabValues = Index{1} << 18;

/// Divides a box of a tensor [batch, channel, grid...] into slabs that follow one another in the box's row-major order:
/// some planes along the first grid axis of one channel of one sample, at most `values` numbers, but at least one
/// plane. An empty box has none.
std::vector<Box> slabs(const Box& box, Index values = kSlabValues);

}  // namespace tessera
