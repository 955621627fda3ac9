#include "tessera/tensor/partition.hpp"

#include <numeric>

#include "testing/tensors.hpp"

namespace tessera {
namespace {

using testing_support::grids_up_to;
using testing_support::world;

TEST(Partition, CoversEveryCellOnOneActiveRank) {
  const Shape shape{5, 3};
  for (const Shape& grid : grids_up_to(world()->size(), 2)) {
    const Partition partition(world(), grid);
    std::vector<int> holders(15);
    for_each_row(shape, partition.tile(shape), [&](Index offset, Index, Index length) {
      for (Index i = 0; i < length; ++i) ++holders[static_cast<std::size_t>(offset + i)];
    });
    world()->all_sum(holders.data(), 15);
    EXPECT_EQ(holders, std::vector<int>(15, 1)) << to_string(partition);
  }
}

TEST(Partition, GivesInactiveRanksEmptyTiles) {
  const int last = world()->size() - 1;
  const Partition partition(world(), Shape{1, 1}, {last});
  EXPECT_EQ(partition.size(), 1);
  EXPECT_EQ(partition.active(), world()->rank() == last);
  EXPECT_EQ(partition.position(), world()->rank() == last ? 0 : -1);
  EXPECT_EQ(partition.position(last), 0);
  EXPECT_EQ(partition.position(last + 1), -1);
  EXPECT_EQ(partition.tile({4, 3}), (world()->rank() == last ? Box{{0, 0}, {4, 3}} : Box{{0, 0}, {0, 0}}));
}

TEST(Partition, FollowsTheOrderOfListedRanks) {
  const int ranks = world()->size();
  std::vector<int> reversed(static_cast<std::size_t>(ranks));
  std::iota(reversed.rbegin(), reversed.rend(), 0);
  const Partition partition(world(), Shape{ranks}, reversed);
  EXPECT_EQ(partition.position(), ranks - 1 - world()->rank());
  EXPECT_EQ(partition.tile({Index{2} * ranks}).start[0], 2 * (ranks - 1 - world()->rank()));
  EXPECT_EQ(partition.with_grid(RankGrid({1, ranks})).ranks(), reversed);
  EXPECT_EQ(partition.root().ranks(), (std::vector<int>{ranks - 1}));
}

TEST(Partition, HasARootThatHoldsTensorsOfAnyShape) {
  const Partition root = Partition(world(), Shape{1, world()->size()}).root();
  EXPECT_EQ(root.tile({3, 2, 5}).volume(), world()->rank() == 0 ? 30 : 0);
  EXPECT_FALSE(root.grid().replicates());
}

TEST(Partition, IsEqualToItsCopiesAlone) {
  const Index ranks = world()->size();
  const Partition rows(world(), Shape{ranks, 1});
  EXPECT_EQ(rows, Partition(world(), Shape{ranks, 1}));
  const auto other = std::make_shared<const Communicator>(world()->split(0, world()->rank()));
  EXPECT_FALSE(rows == Partition(other, Shape{ranks, 1}));
  EXPECT_EQ(rows == Partition(world(), Shape{1, ranks}), ranks == 1);
}

TEST(Partition, RefusesRanksThatDoNotFit) {
  const int ranks = world()->size();
  EXPECT_THROW(Partition(world(), Shape{ranks + 1}), PartitionError);
  EXPECT_THROW(Partition(world(), Shape{1}, {0, 0}), PartitionError);
  EXPECT_THROW(Partition(world(), Shape{1}, {ranks}), PartitionError);
  EXPECT_THROW(Partition(world(), Shape{1}, {-1}), PartitionError);
  EXPECT_THROW(Partition(nullptr, Shape{1}), PartitionError);
  const auto left_out = std::make_shared<const Communicator>(world()->split(-1, 0));
  EXPECT_THROW(Partition(left_out, Shape{1}), PartitionError);
  if (ranks == 1) return;
  EXPECT_THROW(Partition(world(), Shape{2}, {1, 1}), PartitionError);
}

TEST(Partition, RefusesAShapeThatDoesNotFitOnInactiveRanksToo) {
  if (world()->size() < 3) GTEST_SKIP() << "needs an inactive rank";
  const Partition partition(world(), Shape{1, 2});
  EXPECT_THROW(partition.tile({4}), PartitionError);
  EXPECT_THROW(partition.root().tile({}), ShapeError);
}

TEST(Partition, NamesWhatItNeeds) {
  try {
    Partition(world(), Shape{100, 100});
    FAIL();
  } catch (const PartitionError& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find("100x100"), std::string::npos) << message;
    EXPECT_NE(message.find("needs 10000 ranks"), std::string::npos) << message;
  }
}

}  // namespace
}  // namespace tessera
