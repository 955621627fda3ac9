#pragma once

/// \file
/// The axes of a box as the copies of kernels/copy.hpp go over them.

#include <vector>

#include "kernels/arithmetic/box.hpp"
#include "tessera/core/shape.hpp"

namespace tessera::kernels {

/// The axes longer than 1, ordered for the destination (largest stride first), neighbours merged where both sides are
/// contiguous across them. Throws ShapeError, naming `operation`, when the strides are not one per axis.
std::vector<BoxAxis> merged_axes(const char* operation, const Shape& extent, const Shape& source_strides,
                                 const Shape& destination_strides);

}  // namespace tessera::kernels
