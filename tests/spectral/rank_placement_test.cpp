#include "src/spectral/rank_placement.hpp"

#include <gtest/gtest.h>

#include "tessera/core/error.hpp"

namespace tessera {
namespace {

using Placements = std::vector<Shape>;

Index largest_tile(const Shape& kept, const Shape& placement) {
  Index tile = 1;
  for (std::size_t axis = 0; axis < kept.size(); ++axis) tile *= (kept[axis] + placement[axis] - 1) / placement[axis];
  return tile;
}

Index owners(const Shape& kept, const Shape& placement) {
  Index owners = 1;
  for (std::size_t axis = 0; axis < kept.size(); ++axis) owners *= std::min(kept[axis], placement[axis]);
  return owners;
}

TEST(BalancedPlacements, UsesAsManyAxesAsItTakes) {
  EXPECT_EQ(balanced_placements(1, {3, 5}, {}), (Placements{{1, 1}}));
  EXPECT_EQ(balanced_placements(4, {8, 5}, {0, 1}), (Placements{{4, 1}}));
  EXPECT_EQ(balanced_placements(5, {8, 5}, {0, 1}), (Placements{{1, 5}}));
  EXPECT_EQ(balanced_placements(64, {8, 8, 8}, {0, 2}), (Placements{{8, 1, 8}}));
  EXPECT_EQ(balanced_placements(6, {4, 3}, {0, 1}), (Placements{{2, 3}}));
  EXPECT_EQ(balanced_placements(7, {2}, {0}), (Placements{{7}}));
  EXPECT_THROW(balanced_placements(2, {4}, {}), PartitionError);
}

TEST(BalancedPlacements, PrefersFewerAndEarlierAxesAmongEquals) {
  EXPECT_EQ(balanced_placements(2, {4, 4}, {0, 1}), (Placements{{2, 1}}));
  EXPECT_EQ(balanced_placements(4, {4, 4}, {0, 1}), (Placements{{4, 1}}));
  EXPECT_EQ(balanced_placements(4, {4, 2, 4}, {1, 2}), (Placements{{1, 1, 4}}));
}

TEST(BalancedPlacements, OffersTheSameTileOnFewerRanks) {
  // Tiles of two modes: on 4 x 3 ranks that leaves four idle, on 8 x 2 none.
  EXPECT_EQ(balanced_placements(16, {8, 3}, {0, 1}), (Placements{{8, 2}, {4, 4}}));
}

TEST(BalancedPlacements, AreAllWaysToTheSmallestLargestTile) {
  const Shape kept{4, 6, 5};
  for (Index ranks = 1; ranks <= 48; ++ranks) {
    const Placements placements = balanced_placements(ranks, kept, {0, 2});
    ASSERT_FALSE(placements.empty());
    for (const Shape& placed : placements) {
      EXPECT_EQ(volume(placed), ranks);
      EXPECT_EQ(placed[1], 1);
    }
    for (Index here = 1; here <= ranks; ++here) {
      if (ranks % here != 0) continue;
      const Shape other{here, 1, ranks / here};
      const Index smallest = largest_tile(kept, placements.front());
      EXPECT_LE(smallest, largest_tile(kept, other));
      if (smallest < largest_tile(kept, other)) continue;
      EXPECT_TRUE(std::any_of(placements.begin(), placements.end(), [&](const Shape& placed) {
        return owners(kept, placed) == owners(kept, other) && largest_tile(kept, placed) == smallest;
      })) << to_string(other);
    }
  }
}

}  // namespace
}  // namespace tessera
