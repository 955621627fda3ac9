#pragma once

/// \file
/// How the cells of a tensor are divided among ranks.

#include <memory>
#include <string>
#include <vector>

#include "tessera/comm/communicator.hpp"
#include "tessera/tensor/rank_grid.hpp"

namespace tessera {

/// A RankGrid whose positions are ranks of a communicator: position p is rank ranks()[p]. Ranks outside the grid are
/// inactive: they hold zero-volume tiles and still take part in every operation. Cheap to copy.
class Partition {
 public:
  /// Grid axis i cuts tensor axis i; position p is rank p unless `ranks` lists others.
  /// Throws PartitionError when the grid needs more ranks than there are, or a listed rank repeats or does not exist.
  Partition(std::shared_ptr<const Communicator> communicator, Shape grid, std::vector<int> ranks = {})
      : Partition(std::move(communicator), RankGrid(std::move(grid)), std::move(ranks)) {}
  Partition(std::shared_ptr<const Communicator> communicator, RankGrid grid, std::vector<int> ranks = {});

  /// The same ranks in the same order, in another grid of equal size.
  Partition with_grid(RankGrid grid) const { return Partition(communicator_, std::move(grid), ranks_); }
  /// The first rank of this partition holding the whole of a tensor of any shape.
  Partition root() const;

  const std::shared_ptr<const Communicator>& communicator() const noexcept { return communicator_; }
  const RankGrid& grid() const noexcept { return grid_; }
  const std::vector<int>& ranks() const noexcept { return ranks_; }

  /// Number of active ranks.
  Index size() const noexcept { return static_cast<Index>(ranks_.size()); }
  /// Position of a rank (this rank) in the grid, -1 when inactive.
  Index position(int rank) const;
  Index position() const { return position(communicator_->rank()); }
  bool active() const { return position() >= 0; }

  /// The box of `shape` that this rank holds; zero extents on every axis when it is inactive. Throws on every rank
  /// alike: PartitionError when a cut names an axis the shape does not have, ShapeError when the shape has no axes and
  /// some rank is inactive.
  Box tile(const Shape& shape) const;

  /// Same communicator, grid, cuts and ranks.
  friend bool operator==(const Partition&, const Partition&) = default;

 private:
  std::shared_ptr<const Communicator> communicator_;
  RankGrid grid_;
  std::vector<int> ranks_;
};

std::string to_string(const Partition& partition);

}  // namespace tessera
