#include "tessera/training/slabs.hpp"

#include <algorithm>

namespace tessera {

std::vector<Box> slabs(const Box& box, Index values) {
  std::vector<Box> result;
  if (box.empty()) return result;
  constexpr std::size_t kPlanes = 2;
  const Index rows = box.extent[0] * box.extent[1];
  const Index planes = box.extent[kPlanes];
  const Index step = std::max<Index>(1, values / (box.volume() / (rows * planes)));
  for (Index row = 0; row < rows; ++row) {
    for (Index first = 0; first < planes; first += step) {
      Box slab = box;
      slab.start[0] += row / box.extent[1];
      slab.start[1] += row % box.extent[1];
      slab.start[kPlanes] += first;
      slab.extent[0] = slab.extent[1] = 1;
      slab.extent[kPlanes] = std::min(step, planes - first);
      result.push_back(std::move(slab));
    }
  }
  return result;
}

}  // namespace tessera
