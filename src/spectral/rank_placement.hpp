#pragma once

#include <vector>

#include "tessera/core/shape.hpp"

namespace tessera {

/// Places `ranks` on the listed axes of a spectrum of extents `kept` such that the largest tile is as small as
/// possible; among equals, cutting fewer axes, then earlier ones, which keeps runs contiguous. Entry a of the result is
/// the number of ranks on axis a (1 on axes that are not listed).
Shape spread_ranks(Index ranks, const Shape& kept, const std::vector<std::size_t>& axes);

}  // namespace tessera
