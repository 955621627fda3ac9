#include "src/spectral/tile_traffic.hpp"

#include <gtest/gtest.h>

#include "support/partitions.hpp"
#include "tessera/primitives/repartition.hpp"

namespace tessera {
namespace {

using testing_support::all_partitions;

void expect_traffic_of_repartition(const Shape& shape, const RankGrid& source, const RankGrid& target) {
  SCOPED_TRACE(to_string(shape) + ": " + to_string(source) + " -> " + to_string(target));
  for (Index position = -1; position <= std::max(source.size(), target.size()); ++position) {
    EXPECT_EQ(tile_traffic(shape, source, target, position), repartition_traffic(shape, source, target, position));
    EXPECT_EQ(tile_traffic(shape, target, source, position),
              repartition_adjoint_traffic(shape, source, target, position));
  }
}

TEST(TileTraffic, IsThatOfARepartition) {
  for (const Shape& shape : {Shape{7, 5, 3}, Shape{2, 9, 1}, Shape{4, 0, 3}}) {
    for (const Shape& source : all_partitions(6, 3)) {
      for (const Shape& target : all_partitions(6, 3))
        expect_traffic_of_repartition(shape, RankGrid(source), RankGrid(target));
      expect_traffic_of_repartition(shape, RankGrid(source), RankGrid({4, 1, 2}));
    }
  }
}

TEST(TileTraffic, CountsCopies) {
  const int none = RankGrid::kReplicate;
  for (const Shape& source : all_partitions(12, 3)) {
    for (const Shape& target : all_partitions(12, 3)) {
      for (const std::vector<int>& cuts : {std::vector{0, none, 2}, {none, 1, none}, {none, none, none}, {2, none, 0}})
        expect_traffic_of_repartition({5, 4, 7}, RankGrid(source), RankGrid(target, cuts));
    }
  }
}

TEST(TileTraffic, DoesNotVisitTheRanks) {
  // 2^30 ranks gather one cell each from everyone else.
  const Index ranks = Index{1} << 30;
  const RankGrid whole({ranks}, {RankGrid::kReplicate});
  EXPECT_EQ(tile_traffic({ranks}, RankGrid({ranks}), whole, 5), (Traffic{ranks - 1, ranks - 1}));
}

}  // namespace
}  // namespace tessera
