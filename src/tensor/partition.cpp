#include "tessera/tensor/partition.hpp"

#include <algorithm>
#include <numeric>

#include "tessera/core/error.hpp"

namespace tessera {

namespace {

std::vector<int> first_ranks(Index count, int available) {
  std::vector<int> ranks(static_cast<std::size_t>(std::min<Index>(count, available)));
  std::iota(ranks.begin(), ranks.end(), 0);
  return ranks;
}

void check_ranks(const Communicator& communicator, const RankGrid& grid, const std::vector<int>& ranks) {
  const std::string what = "partition " + to_string(grid) + ": ";
  const Index wanted = grid.size();
  if (wanted > communicator.size()) {
    throw PartitionError(what + "needs " + std::to_string(wanted) + " ranks, the communicator has " +
                         std::to_string(communicator.size()));
  }
  if (static_cast<Index>(ranks.size()) != wanted) {
    throw PartitionError(what + "needs " + std::to_string(wanted) + " ranks, " + std::to_string(ranks.size()) +
                         " are listed");
  }
  std::vector<bool> seen(static_cast<std::size_t>(communicator.size()), false);
  for (const int rank : ranks) {
    if (rank < 0 || rank >= communicator.size())
      throw PartitionError(what + "there is no rank " + std::to_string(rank));
    if (seen[static_cast<std::size_t>(rank)]) throw PartitionError(what + "rank " + std::to_string(rank) + " repeats");
    seen[static_cast<std::size_t>(rank)] = true;
  }
}

}  // namespace

Partition::Partition(std::shared_ptr<const Communicator> communicator, RankGrid grid, std::vector<int> ranks)
    : communicator_(std::move(communicator)), grid_(std::move(grid)), ranks_(std::move(ranks)) {
  if (!communicator_ || !communicator_->valid()) throw PartitionError("Partition: no communicator was given");
  if (ranks_.empty()) ranks_ = first_ranks(grid_.size(), communicator_->size());
  check_ranks(*communicator_, grid_, ranks_);
}

Partition Partition::root() const {
  return Partition(communicator_, RankGrid({1}, {RankGrid::kReplicate}), {ranks_.front()});
}

Index Partition::position(int rank) const {
  const auto found = std::find(ranks_.begin(), ranks_.end(), rank);
  return found == ranks_.end() ? -1 : found - ranks_.begin();
}

Box Partition::tile(const Shape& shape) const {
  const Index place = position();
  // Inactive ranks look at the first tile, so that a shape that does not fit is an error on every rank.
  Box box = grid_.tile(shape, std::max<Index>(place, 0));
  if (shape.empty() && size() < communicator_->size()) {
    throw ShapeError("partition " + to_string(grid_) + ": a tensor without axes cannot be empty on inactive ranks");
  }
  if (place < 0) box = {Shape(shape.size(), 0), Shape(shape.size(), 0)};
  return box;
}

std::string to_string(const Partition& partition) { return to_string(partition.grid()); }

}  // namespace tessera
