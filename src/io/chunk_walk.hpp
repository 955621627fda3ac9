#pragma once

/// \file
/// The chunks that a box meets. Private to the io room.

#include "tessera/core/shape.hpp"

namespace tessera {

/// Calls body(at) for every index of a box, in row-major order; once, with an empty index, for a box without axes.
template <class Body>
void for_each_index(const Box& box, Body&& body) {
  if (box.empty()) return;
  Shape at = box.start;
  for (;;) {
    body(static_cast<const Shape&>(at));
    std::size_t axis = at.size();
    while (axis > 0 && ++at[axis - 1] == box.start[axis - 1] + box.extent[axis - 1]) {
      --axis;
      at[axis] = box.start[axis];
    }
    if (axis == 0) return;
  }
}

/// The chunks of extents `chunk` that hold cells of a box, as a box of the chunk grid.
inline Box chunks_of(const Box& box, const Shape& chunk) {
  Box chunks = box;
  if (box.empty()) return chunks;
  for (std::size_t axis = 0; axis < chunk.size(); ++axis) {
    chunks.start[axis] = box.start[axis] / chunk[axis];
    chunks.extent[axis] = (box.start[axis] + box.extent[axis] - 1) / chunk[axis] + 1 - chunks.start[axis];
  }
  return chunks;
}

}  // namespace tessera
