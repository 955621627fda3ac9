#pragma once

#include <vector>

#include "tessera/core/shape.hpp"

namespace tessera {

/// The ways to place `ranks` on the listed axes of a spectrum of extents `kept` whose largest tile is as small as
/// possible: for each number of ranks that get modes (fewer mean fewer messages), the one that cuts fewest axes, then
/// earlier ones, which keeps runs contiguous. Ordered by that preference. Entry a of a placement is the number of ranks
/// on axis a (1 on axes that are not listed). Throws PartitionError when there are ranks but no axes.
std::vector<Shape> balanced_placements(Index ranks, const Shape& kept, const std::vector<std::size_t>& axes);

}  // namespace tessera
