#include "tessera/core/shape.hpp"

#include <gtest/gtest.h>

#include "tessera/core/error.hpp"

namespace tessera {
namespace {

TEST(Shape, VolumeIsTheProduct) {
  EXPECT_EQ(volume({}), 1);
  EXPECT_EQ(volume({7}), 7);
  EXPECT_EQ(volume({2, 3, 5}), 30);
  EXPECT_EQ(volume({2, 0, 5}), 0);
  EXPECT_EQ(volume({Index{1} << 31, Index{1} << 31}), Index{1} << 62);
}

TEST(Shape, VolumeRefusesWhatDoesNotFit) {
  EXPECT_THROW(volume({3, -1}), ShapeError);
  EXPECT_THROW(volume({0, -1}), ShapeError);
  EXPECT_THROW(volume({Index{1} << 32, Index{1} << 31}), ShapeError);
  EXPECT_EQ(volume({Index{1} << 32, Index{1} << 32, 0}), 0);
}

TEST(Shape, StridesAreRowMajor) {
  EXPECT_EQ(row_major_strides({}), (Shape{}));
  EXPECT_EQ(row_major_strides({4}), (Shape{1}));
  EXPECT_EQ(row_major_strides({2, 3, 5}), (Shape{15, 5, 1}));
}

TEST(Shape, IsPrintedInBrackets) {
  EXPECT_EQ(to_string(Shape{}), "[]");
  EXPECT_EQ(to_string(Shape{2, 3, 5}), "[2, 3, 5]");
  EXPECT_EQ(to_string(Box{{1, 0}, {2, 4}}), "[1:3, 0:4]");
}

TEST(Box, IntersectsAxisByAxis) {
  EXPECT_EQ(intersect({{0, 2}, {4, 3}}, {{2, 0}, {5, 4}}), (Box{{2, 2}, {2, 2}}));
  EXPECT_EQ(intersect({{1}, {3}}, {{1}, {3}}), (Box{{1}, {3}}));
  EXPECT_EQ(intersect({{}, {}}, {{}, {}}).volume(), 1);
}

TEST(Box, IntersectionIsEmptyWhereBoxesDoNotMeet) {
  EXPECT_TRUE(intersect({{0}, {3}}, {{3}, {2}}).empty());
  EXPECT_TRUE(intersect({{0}, {3}}, {{7}, {2}}).empty());
  EXPECT_TRUE(intersect({{0, 0}, {4, 4}}, {{1, 5}, {2, 2}}).empty());
  EXPECT_TRUE(intersect({{0}, {0}}, {{0}, {4}}).empty());
}

TEST(Box, RefusesToIntersectAnotherRank) { EXPECT_THROW(intersect({{0}, {3}}, {{0, 0}, {3, 3}}), ShapeError); }

TEST(BalancedRange, DividesEveryCountAmongEveryNumberOfParts) {
  for (Index cells = 0; cells <= 20; ++cells) {
    for (Index parts = 1; parts <= 9; ++parts) {
      Index next = 0;
      for (Index part = 0; part < parts; ++part) {
        const Range range = balanced_range(cells, parts, part);
        EXPECT_EQ(range.start, next);
        EXPECT_EQ(range.extent, cells / parts + (part < cells % parts ? 1 : 0));
        next += range.extent;
      }
      EXPECT_EQ(next, cells);
    }
  }
}

TEST(BalancedRange, RefusesPartsThatDoNotExist) {
  EXPECT_THROW(balanced_range(5, 0, 0), ArgumentError);
  EXPECT_THROW(balanced_range(5, 2, 2), ArgumentError);
  EXPECT_THROW(balanced_range(5, 2, -1), ArgumentError);
  EXPECT_THROW(balanced_range(-5, 2, 0), ArgumentError);
}

}  // namespace
}  // namespace tessera
