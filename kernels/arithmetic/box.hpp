#pragma once

/// \file
/// Index arithmetic of strided boxes.

#include <cstdint>

#include "kernels/arithmetic/host_device.hpp"

namespace tessera::kernels {

/// One axis of a box that is moved: its extent, and its stride on both sides.
struct BoxAxis {
  std::int64_t extent, source_stride, destination_stride;
};

inline constexpr int kMaxBoxAxes = 8;

/// Axes of a box, slowest first, in the memory of the object itself: a kernel's argument.
struct BoxAxes {
  int count = 0;
  BoxAxis axes[kMaxBoxAxes] = {};
};

/// Where the element of a box with row-major number `flat` lies on both sides.
struct BoxOffsets {
  std::int64_t source, destination;
};

/// `Number`: an unsigned type that holds `flat`. Division of 32-bit numbers costs a device a fraction of that of 64-bit
/// ones.
template <class Number>
TESSERA_HOST_DEVICE inline BoxOffsets box_offsets(const BoxAxes& box, Number flat) {
  BoxOffsets offsets = {0, 0};
  for (int axis = box.count - 1; axis > 0; --axis) {
    const auto extent = static_cast<Number>(box.axes[axis].extent);
    const Number quotient = flat / extent;
    const auto position = static_cast<std::int64_t>(flat - quotient * extent);
    offsets.source += position * box.axes[axis].source_stride;
    offsets.destination += position * box.axes[axis].destination_stride;
    flat = quotient;
  }
  if (box.count > 0) {
    offsets.source += static_cast<std::int64_t>(flat) * box.axes[0].source_stride;
    offsets.destination += static_cast<std::int64_t>(flat) * box.axes[0].destination_stride;
  }
  return offsets;
}

}  // namespace tessera::kernels
