#include "tessera/core/shape.hpp"

#include <algorithm>

#include "tessera/core/error.hpp"

namespace tessera {

Index volume(const Shape& shape) {
  Index product = 1;
  bool overflow = false;
  for (const Index extent : shape) {
    if (extent < 0) throw ShapeError("volume: extents must not be negative, got " + to_string(shape));
    overflow |= __builtin_mul_overflow(product, extent, &product);
  }
  if (overflow && std::find(shape.begin(), shape.end(), 0) != shape.end()) return 0;
  if (overflow) throw ShapeError("volume: " + to_string(shape) + " holds more than 2^63 - 1 elements");
  return product;
}

Shape row_major_strides(const Shape& shape) {
  Shape strides(shape.size(), 1);
  for (std::size_t axis = shape.size(); axis-- > 1;) strides[axis - 1] = strides[axis] * shape[axis];
  return strides;
}

std::string to_string(const Shape& shape) {
  std::string text = "[";
  for (std::size_t axis = 0; axis < shape.size(); ++axis) text += (axis ? ", " : "") + std::to_string(shape[axis]);
  return text + "]";
}

std::string to_string(const Box& box) {
  std::string text = "[";
  for (std::size_t axis = 0; axis < box.start.size(); ++axis) {
    text +=
        (axis ? ", " : "") + std::to_string(box.start[axis]) + ":" + std::to_string(box.start[axis] + box.extent[axis]);
  }
  return text + "]";
}

Box intersect(const Box& a, const Box& b) {
  if (a.start.size() != b.start.size()) {
    throw ShapeError("intersect: boxes " + to_string(a) + " and " + to_string(b) + " differ in rank");
  }
  Box result{a.start, a.extent};
  for (std::size_t axis = 0; axis < a.start.size(); ++axis) {
    const Index start = std::max(a.start[axis], b.start[axis]);
    const Index stop = std::min(a.start[axis] + a.extent[axis], b.start[axis] + b.extent[axis]);
    result.start[axis] = start;
    result.extent[axis] = std::max<Index>(0, stop - start);
  }
  return result;
}

Range balanced_range(Index cells, Index parts, Index part) {
  if (parts < 1 || part < 0 || part >= parts || cells < 0) {
    throw ArgumentError("balanced_range: no part " + std::to_string(part) + " of " + std::to_string(parts) + " over " +
                        std::to_string(cells) + " cells");
  }
  const Index quotient = cells / parts;
  const Index remainder = cells % parts;
  return {quotient * part + std::min(part, remainder), quotient + (part < remainder ? 1 : 0)};
}

}  // namespace tessera
