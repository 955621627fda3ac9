#pragma once

#include <vector>

#include "tessera/core/shape.hpp"

namespace tessera::testing_support {

/// Every way to write `ranks` as an ordered product of `axes` factors: all partitions of that many ranks.
inline std::vector<Shape> all_partitions(Index ranks, std::size_t axes) {
  if (axes == 1) return {{ranks}};
  std::vector<Shape> result;
  for (Index here = 1; here <= ranks; ++here) {
    if (ranks % here != 0) continue;
    for (const Shape& rest : all_partitions(ranks / here, axes - 1)) {
      Shape partition{here};
      partition.insert(partition.end(), rest.begin(), rest.end());
      result.push_back(std::move(partition));
    }
  }
  return result;
}

}  // namespace tessera::testing_support
