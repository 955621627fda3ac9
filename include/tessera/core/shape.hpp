#pragma once

/// \file
/// Extents, strides and index boxes. Extents and offsets are 64-bit everywhere; layout is row-major (last axis
/// fastest).

#include <cstdint>
#include <string>
#include <vector>

namespace tessera {

using Index = std::int64_t;

/// Extents (or offsets, or strides) of a tensor, one entry per axis.
using Shape = std::vector<Index>;

/// Product of the entries; 1 for an empty shape. Throws ShapeError when it overflows or an extent is negative.
Index volume(const Shape& shape);

/// Strides, in elements, of a contiguous row-major tensor.
Shape row_major_strides(const Shape& shape);

/// "[2, 3, 5]"
std::string to_string(const Shape& shape);

/// A box of a global index space: per axis the half-open range [start, start + extent).
struct Box {
  Shape start;
  Shape extent;

  Index volume() const { return tessera::volume(extent); }
  bool empty() const { return volume() == 0; }
  friend bool operator==(const Box&, const Box&) = default;
};

std::string to_string(const Box& box);

/// Intersection of two boxes of equal rank; empty (extent 0 on some axis) where they do not meet.
Box intersect(const Box& a, const Box& b);

/// The half-open range of cells a part owns.
struct Range {
  Index start;
  Index extent;
};

/// Balanced split of `cells` over `parts`: the first (cells mod parts) parts get one cell more.
///   start = (cells div parts) * part + min(part, cells mod parts)
/// Parts beyond the number of cells are empty.
Range balanced_range(Index cells, Index parts, Index part);

}  // namespace tessera
