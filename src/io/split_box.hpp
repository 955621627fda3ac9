#pragma once

/// \file
/// Boxes in pieces. Private to the io room.

#include <vector>

#include "tessera/core/shape.hpp"

namespace tessera {

/// Splits a box into pieces of at most `elements` cells (at least one), each contiguous in the box's row-major order
/// and following one another in it. An empty box has no pieces.
std::vector<Box> split_box(const Box& box, Index elements);

}  // namespace tessera
