#pragma once

#include "tessera/tensor/dist_tensor.hpp"

namespace tessera {

/// Calls body(sample, offset, count) for the part of each sample (global index on axis 0) in this rank's tile.
template <class T, class Body>
void for_each_sample(const DistTensor<T>& tensor, Body&& body) {
  const Box& box = tensor.box();
  if (box.empty()) return;
  const Index count = tensor.local_size() / box.extent[0];
  for (Index b = 0; b < box.extent[0]; ++b) body(box.start[0] + b, b * count, count);
}

}  // namespace tessera
