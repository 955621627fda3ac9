#pragma once

/// \file
/// The geometry of a partition: which box of a global shape each position of a Cartesian grid of ranks holds. Pure
/// arithmetic, so that plans can be made for rank counts this program does not run on.

#include <string>
#include <vector>

#include "tessera/core/shape.hpp"

namespace tessera {

/// A Cartesian grid laid over the axes of a shape. Grid axis g divides tensor axis cuts[g] into balanced tiles (see
/// balanced_range), or, where cuts[g] is kReplicate, gives every position along it its own copy. Tensor axes that no
/// grid axis cuts are whole everywhere. Positions are numbered row-major.
class RankGrid {
 public:
  static constexpr int kReplicate = -1;

  /// Grid axis i cuts tensor axis i. Throws PartitionError when an entry is below 1.
  explicit RankGrid(Shape extents);
  /// Throws PartitionError also when the counts differ or two grid axes of more than one rank cut the same tensor axis.
  RankGrid(Shape extents, std::vector<int> cuts);

  const Shape& extents() const noexcept { return extents_; }
  const std::vector<int>& cuts() const noexcept { return cuts_; }
  /// Number of positions.
  Index size() const { return volume(extents_); }
  /// Whether some grid axis of more than one position replicates.
  bool replicates() const;

  Shape coordinates(Index position) const;
  Index position(const Shape& coordinates) const;

  /// The box of `shape` held at `position`. Throws PartitionError when a cut names an axis the shape does not have.
  Box tile(const Shape& shape, Index position) const;

  friend bool operator==(const RankGrid&, const RankGrid&) = default;

 private:
  Shape extents_;
  std::vector<int> cuts_;
};

/// "2x3", with ", cutting axes 0, none" appended when grid axis i does not simply cut tensor axis i.
std::string to_string(const RankGrid& grid);

}  // namespace tessera
