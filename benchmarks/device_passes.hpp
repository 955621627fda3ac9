#pragma once

/// \file
/// The passes of a block, of the projection and of Adam on a device, each by itself.

#include <functional>
#include <string>
#include <vector>

#include "device_block.hpp"

namespace tessera::bench {

struct Pass {
  std::string name;
  std::function<void()> run;
  Work work;
};

/// `block` must outlive them.
std::vector<Pass> transform_passes(DeviceBlock& block);
std::vector<Pass> mode_passes(DeviceBlock& block);
/// What is stored for the backward pass in float, and in bfloat16; products in float, and by tensor cores.
std::vector<Pass> pointwise_passes(DeviceBlock& block);
std::vector<Pass> projection_passes(DeviceBlock& block, Index hidden);

}  // namespace tessera::bench
