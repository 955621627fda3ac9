#pragma once

#include "tessera/simulation/flow_parameters.hpp"
#include "tessera/simulation/sphere.hpp"

namespace tessera {

/// Calls body(cell, position) for the cells of a tile of [1, c, x, y, z], in the order of one channel's local memory.
template <class Body>
void for_each_cell(const FlowParameters& parameters, const Box& box, Body&& body) {
  const auto spacing = parameters.spacing();
  Index cell = 0;
  for (Index i = 0; i < box.extent[2]; ++i) {
    for (Index j = 0; j < box.extent[3]; ++j) {
      for (Index k = 0; k < box.extent[4]; ++k) {
        body(cell++, Point{static_cast<double>(box.start[2] + i) * spacing[0],
                           static_cast<double>(box.start[3] + j) * spacing[1],
                           static_cast<double>(box.start[4] + k) * spacing[2]});
      }
    }
  }
}

/// Cells of one channel of a tile of [1, c, x, y, z].
inline Index cells_of(const Box& box) { return box.extent[2] * box.extent[3] * box.extent[4]; }

}  // namespace tessera
