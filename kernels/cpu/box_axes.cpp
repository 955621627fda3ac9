#include "kernels/box_axes.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "tessera/core/error.hpp"

namespace tessera::kernels {

std::vector<BoxAxis> merged_axes(const char* operation, const Shape& extent, const Shape& source_strides,
                                 const Shape& destination_strides) {
  if (source_strides.size() != extent.size() || destination_strides.size() != extent.size()) {
    throw ShapeError(std::string(operation) + ": expected " + std::to_string(extent.size()) +
                     " strides, found source " + to_string(source_strides) + ", destination " +
                     to_string(destination_strides));
  }
  std::vector<BoxAxis> axes;
  for (std::size_t i = 0; i < extent.size(); ++i) {
    if (extent[i] != 1) axes.push_back({extent[i], source_strides[i], destination_strides[i]});
  }
  std::stable_sort(axes.begin(), axes.end(), [](const BoxAxis& a, const BoxAxis& b) {
    return std::abs(a.destination_stride) > std::abs(b.destination_stride);
  });
  std::vector<BoxAxis> merged;
  for (const BoxAxis& axis : axes) {
    const bool contiguous = !merged.empty() && merged.back().source_stride == axis.extent * axis.source_stride &&
                            merged.back().destination_stride == axis.extent * axis.destination_stride;
    if (contiguous) {
      merged.back() = {merged.back().extent * axis.extent, axis.source_stride, axis.destination_stride};
    } else {
      merged.push_back(axis);
    }
  }
  return merged;
}

}  // namespace tessera::kernels
