#include "src/io/split_box.hpp"

#include <gtest/gtest.h>

namespace tessera {
namespace {

TEST(SplitBox, LeavesASmallBoxWhole) {
  const Box box{{1, 2}, {3, 4}};
  EXPECT_EQ(split_box(box, 12), std::vector<Box>{box});
}

TEST(SplitBox, HasNoPiecesOfAnEmptyBox) { EXPECT_TRUE(split_box(Box{{1, 2}, {3, 0}}, 5).empty()); }

TEST(SplitBox, KeepsABoxWithoutAxes) { EXPECT_EQ(split_box(Box{}, 1).size(), 1U); }

TEST(SplitBox, FollowsMemoryInPiecesBelowTheLimit) {
  const Box box{{2, 5, 1}, {1, 7, 9}};
  for (const Index limit : {1, 2, 9, 20, 62}) {
    Index offset = 0;
    for (const Box& piece : split_box(box, limit)) {
      EXPECT_LE(piece.volume(), limit);
      const Index first = (piece.start[1] - box.start[1]) * box.extent[2] + piece.start[2] - box.start[2];
      EXPECT_EQ(first, offset);
      EXPECT_TRUE(piece.extent[1] == 1 || piece.extent[2] == box.extent[2]);
      offset += piece.volume();
    }
    EXPECT_EQ(offset, box.volume());
  }
}

TEST(SplitBox, DividesTwoToTheThirtyFirst) {
  const Box box{{0, 0}, {3, (Index{1} << 31) + 5}};
  const Index limit = (Index{1} << 30) / 8;
  Index cells = 0;
  for (const Box& piece : split_box(box, limit)) {
    EXPECT_LE(piece.volume(), limit);
    cells += piece.volume();
  }
  EXPECT_EQ(cells, box.volume());
}

}  // namespace
}  // namespace tessera
