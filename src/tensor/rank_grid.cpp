#include "tessera/tensor/rank_grid.hpp"

#include <algorithm>
#include <numeric>

#include "tessera/core/error.hpp"

namespace tessera {

namespace {
std::vector<int> counting(std::size_t count) {
  std::vector<int> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}
}  // namespace

RankGrid::RankGrid(Shape extents) : RankGrid(extents, counting(extents.size())) {}

RankGrid::RankGrid(Shape extents, std::vector<int> cuts) : extents_(std::move(extents)), cuts_(std::move(cuts)) {
  const std::string what = "partition " + tessera::to_string(extents_) + ": ";
  if (std::any_of(extents_.begin(), extents_.end(), [](Index extent) { return extent < 1; })) {
    throw PartitionError(what + "every entry must be at least 1");
  }
  if (cuts_.size() != extents_.size()) {
    throw PartitionError(what + "needs " + std::to_string(extents_.size()) + " cuts, got " +
                         std::to_string(cuts_.size()));
  }
  for (std::size_t g = 0; g < cuts_.size(); ++g) {
    for (std::size_t h = 0; h < g; ++h) {
      if (cuts_[g] >= 0 && cuts_[g] == cuts_[h] && extents_[g] > 1 && extents_[h] > 1) {
        throw PartitionError(what + "two grid axes cut tensor axis " + std::to_string(cuts_[g]));
      }
    }
  }
}

bool RankGrid::replicates() const {
  for (std::size_t g = 0; g < extents_.size(); ++g) {
    if (extents_[g] > 1 && cuts_[g] == kReplicate) return true;
  }
  return false;
}

Shape RankGrid::coordinates(Index position) const {
  Shape result(extents_.size());
  for (std::size_t axis = extents_.size(); axis-- > 0;) {
    result[axis] = position % extents_[axis];
    position /= extents_[axis];
  }
  return result;
}

Index RankGrid::position(const Shape& coordinates) const {
  Index result = 0;
  for (std::size_t axis = 0; axis < extents_.size(); ++axis) result = result * extents_[axis] + coordinates[axis];
  return result;
}

Box RankGrid::tile(const Shape& shape, Index position) const {
  Box box{Shape(shape.size(), 0), shape};
  const Shape coordinate = coordinates(position);
  for (std::size_t g = 0; g < extents_.size(); ++g) {
    if (cuts_[g] == kReplicate || extents_[g] == 1) continue;
    const auto axis = static_cast<std::size_t>(cuts_[g]);
    if (axis >= shape.size()) {
      throw PartitionError("partition " + to_string(*this) + " cuts tensor axis " + std::to_string(axis) +
                           ", but the shape " + tessera::to_string(shape) + " has " + std::to_string(shape.size()) +
                           " axes");
    }
    const Range range = balanced_range(shape[axis], extents_[g], coordinate[g]);
    box.start[axis] = range.start;
    box.extent[axis] = range.extent;
  }
  return box;
}

std::string to_string(const RankGrid& grid) {
  std::string extents;
  std::string cuts;
  for (std::size_t g = 0; g < grid.extents().size(); ++g) {
    extents += (g ? "x" : "") + std::to_string(grid.extents()[g]);
    const int cut = grid.cuts()[g];
    cuts += (g ? ", " : "") + (cut == RankGrid::kReplicate ? std::string("none") : std::to_string(cut));
  }
  return grid.cuts() == counting(grid.cuts().size()) ? extents : extents + ", cutting axes " + cuts;
}

}  // namespace tessera
