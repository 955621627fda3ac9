#include "tessera/tensor/rank_grid.hpp"

#include <gtest/gtest.h>

#include "tessera/core/error.hpp"
#include "testing/tensors.hpp"

namespace tessera {
namespace {

constexpr int kNone = RankGrid::kReplicate;

/// How often each cell of a shape is held by some position of a grid.
std::vector<int> holders(const RankGrid& grid, const Shape& shape) {
  std::vector<int> count(static_cast<std::size_t>(volume(shape)));
  for (Index position = 0; position < grid.size(); ++position) {
    for_each_row(shape, grid.tile(shape, position), [&](Index offset, Index, Index length) {
      for (Index i = 0; i < length; ++i) ++count[static_cast<std::size_t>(offset + i)];
    });
  }
  return count;
}

TEST(RankGrid, CoversEveryCellExactlyOnce) {
  for (const Shape& shape : {Shape{7}, Shape{5, 4}, Shape{3, 1, 6}, Shape{1, 2, 3, 5}, Shape{2, 0, 3}}) {
    for (const Shape& extents : testing_support::grids_up_to(12, shape.size())) {
      EXPECT_EQ(holders(RankGrid(extents), shape), std::vector<int>(static_cast<std::size_t>(volume(shape)), 1))
          << to_string(shape) << " on " << to_string(extents);
    }
  }
}

TEST(RankGrid, CoversEveryCellOncePerCopy) {
  const Shape shape{5, 4};
  const RankGrid grid({3, 2, 2}, {1, kNone, 0});
  EXPECT_TRUE(grid.replicates());
  EXPECT_EQ(holders(grid, shape), std::vector<int>(20, 2));
}

TEST(RankGrid, CutsTheAxisItNames) {
  const RankGrid grid({2, 3}, {1, 0});
  // Position 4 has coordinates (1, 1): the second half of axis 1, the second third of axis 0.
  EXPECT_EQ(grid.tile({7, 5}, 4), (Box{{3, 3}, {2, 2}}));
}

TEST(RankGrid, LeavesUncutAxesWhole) {
  EXPECT_EQ(RankGrid({2}).tile({5, 4, 3}, 1), (Box{{3, 0, 0}, {2, 4, 3}}));
  EXPECT_EQ(RankGrid(Shape{}).tile({5, 4}, 0), (Box{{0, 0}, {5, 4}}));
}

TEST(RankGrid, HasEmptyTilesBeyondTheCells) {
  const RankGrid grid({5});
  for (Index position = 0; position < 5; ++position) {
    EXPECT_EQ(grid.tile({3}, position).volume(), position < 3 ? 1 : 0);
    EXPECT_EQ(grid.tile({3}, position).start[0], std::min<Index>(position, 3));
  }
}

TEST(RankGrid, NumbersPositionsRowMajor) {
  const RankGrid grid({2, 3, 4});
  EXPECT_EQ(grid.size(), 24);
  EXPECT_EQ(grid.coordinates(23), (Shape{1, 2, 3}));
  EXPECT_EQ(grid.coordinates(5), (Shape{0, 1, 1}));
  for (Index position = 0; position < 24; ++position) EXPECT_EQ(grid.position(grid.coordinates(position)), position);
}

TEST(RankGrid, ReplicatesOnlyAlongAxesOfMoreThanOneRank) {
  EXPECT_FALSE(RankGrid({1, 4}, {kNone, 0}).replicates());
  EXPECT_TRUE(RankGrid({2, 4}, {kNone, 0}).replicates());
  EXPECT_FALSE(RankGrid({2, 4}).replicates());
}

TEST(RankGrid, RefusesWhatIsNoGrid) {
  EXPECT_THROW(RankGrid({2, 0}), PartitionError);
  EXPECT_THROW(RankGrid({-1}), PartitionError);
  EXPECT_THROW(RankGrid({2, 2}, {0}), PartitionError);
  EXPECT_THROW(RankGrid({2, 2}, {1, 1}), PartitionError);
  EXPECT_NO_THROW(RankGrid({1, 2}, {1, 1}));
}

TEST(RankGrid, RefusesShapesWithoutTheCutAxis) {
  EXPECT_THROW(RankGrid({1, 2}).tile({5}, 0), PartitionError);
  EXPECT_THROW(RankGrid({2}, {-2}).tile({5}, 0), PartitionError);
  EXPECT_NO_THROW(RankGrid({2, 1}).tile({5}, 0));
}

TEST(RankGrid, IsPrintedWithItsCuts) {
  EXPECT_EQ(to_string(RankGrid({2, 3})), "2x3");
  EXPECT_EQ(to_string(RankGrid({2, 3}, {0, kNone})), "2x3, cutting axes 0, none");
}

}  // namespace
}  // namespace tessera
