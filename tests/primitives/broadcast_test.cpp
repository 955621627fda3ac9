#include "tessera/primitives/broadcast.hpp"

#include <algorithm>
#include <complex>
#include <numeric>

#include "tessera/testing/adjoint_test.hpp"
#include "testing/tensors.hpp"

namespace tessera {
namespace {

using testing_support::all_partitions;
using testing_support::grids_up_to;
using testing_support::index_valued;
using testing_support::world;
using testing_support::wrong_elements;

constexpr std::uint64_t kSeed = 20261;

std::vector<int> last_ranks(Index count) {
  std::vector<int> ranks(static_cast<std::size_t>(count));
  std::iota(ranks.begin(), ranks.end(), world()->size() - static_cast<int>(count));
  return ranks;
}

/// Forward copies exactly; the adjoint sums 1 + 2 + ... over the copies; SumReduce does the same the other way round.
template <class T>
void expect_exact(const Shape& shape, const Partition& source, const Partition& target) {
  const Broadcast<T> broadcast(shape, source, target);
  const SumReduce<T> sum(shape, target, source);
  EXPECT_EQ(broadcast.range(), sum.domain());
  EXPECT_EQ(broadcast.domain(), sum.range());
  const std::string what = to_string(source) + " to " + to_string(broadcast.range().partition);
  EXPECT_EQ(wrong_elements(broadcast.forward(index_valued<T>(broadcast.domain()))), 0) << what;
  EXPECT_EQ(wrong_elements(sum.adjoint(index_valued<T>(broadcast.domain()))), 0) << what;
  using R = RealPart<T>;
  const auto copies = static_cast<R>(copies_of(broadcast.range()));
  const auto y = index_valued<T>(broadcast.range(), static_cast<R>(copy_index(broadcast.range()) + 1));
  EXPECT_EQ(wrong_elements(broadcast.adjoint(y), copies * (copies + 1) / 2), 0) << what;
  EXPECT_EQ(wrong_elements(sum.forward(y), copies * (copies + 1) / 2), 0) << what;
}

TEST(Broadcast, CopiesAlongEverySetOfAxes) {
  for (const Shape& target : grids_up_to(world()->size(), 3)) {
    for (unsigned copied = 0; copied < 8; ++copied) {
      Shape source = target;
      for (std::size_t axis = 0; axis < 3; ++axis) {
        if (copied & (1u << axis)) source[axis] = 1;
      }
      expect_exact<double>({4, 3, 5}, {world(), source}, {world(), target});
    }
  }
}

TEST(Broadcast, CopiesBetweenDifferentRanks) {
  for (const Shape& target : grids_up_to(world()->size(), 2)) {
    for (const Shape& source : {Shape{1, 1}, Shape{1, target[1]}, Shape{target[0], 1}, target}) {
      const Partition from_the_end(world(), source, last_ranks(volume(source)));
      expect_exact<double>({3, 4}, from_the_end, {world(), target});
      expect_exact<double>({3, 4}, {world(), source}, {world(), target, last_ranks(volume(target))});
    }
  }
}

TEST(Broadcast, AlignsGridsAtTheirLastAxis) {
  for (const Shape& target : all_partitions(world()->size(), 2)) {
    // The source has the target's last grid axis alone, which cuts tensor axis 0.
    const Partition source(world(), Shape{target[1]});
    const Broadcast<double> broadcast({5, 2}, source, {world(), target});
    EXPECT_EQ(broadcast.range().partition.grid(), RankGrid(target, {RankGrid::kReplicate, 0}));
    expect_exact<double>({5, 2}, source, {world(), target});
  }
}

TEST(Broadcast, CopiesWhatTheSourceReplicates) {
  const Index ranks = world()->size();
  const Partition copies(world(), RankGrid({1, ranks}, {0, RankGrid::kReplicate}));
  const Broadcast<double> same({3}, copies, copies);
  const auto distinct = index_valued<double>({{3}, copies}, static_cast<double>(world()->rank() + 1));
  EXPECT_EQ(wrong_elements(same.forward(distinct), static_cast<double>(world()->rank() + 1)), 0);
}

TEST(Broadcast, ServesTilesWithoutElements) {
  const Index ranks = world()->size();
  expect_exact<double>({1, 2}, {world(), Shape{1, ranks}}, {world(), Shape{1, ranks}});
  expect_exact<double>({0, 2}, {world(), Shape{1, 1}}, {world(), Shape{ranks, 1}});
}

template <class T>
class BroadcastOf : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(BroadcastOf, Scalars);

TYPED_TEST(BroadcastOf, IsExactAndHasAnAdjoint) {
  for (const Shape& target : all_partitions(world()->size(), 2)) {
    const Partition source(world(), Shape{1, target[1]}, last_ranks(target[1]));
    expect_exact<TypeParam>({5, 7}, source, {world(), target});
    const Broadcast<TypeParam> broadcast({5, 7}, source, {world(), target});
    const SumReduce<TypeParam> sum({5, 7}, {world(), target}, source);
    EXPECT_TRUE(adjoint_test(broadcast, kSeed).passes(kAdjointTolerance<TypeParam>)) << to_string(target);
    EXPECT_TRUE(adjoint_test(sum, kSeed).passes(kAdjointTolerance<TypeParam>)) << to_string(target);
  }
}

TEST(Broadcast, IsAStackOfIdentities) {
  const Index ranks = world()->size();
  const Broadcast<std::complex<float>> broadcast({3}, Partition(world(), Shape{1}), {world(), Shape{ranks}});
  const DenseMatrix matrix = dense_matrix_of(broadcast);
  ASSERT_EQ(matrix.rows, 6 * ranks);
  ASSERT_EQ(matrix.columns, 6);
  for (Index i = 0; i < matrix.rows; ++i) {
    for (Index j = 0; j < 6; ++j) EXPECT_EQ(matrix(i, j), i % 6 == j ? 1.0 : 0.0) << i << ", " << j;
  }
  EXPECT_EQ(dense_matrix_of_adjoint(broadcast), transposed(matrix));
}

TEST(Broadcast, CountsWhatItSends) {
  const Index ranks = world()->size();
  const Broadcast<double> broadcast({5}, Partition(world(), Shape{1}), {world(), Shape{ranks}});
  const bool root = world()->rank() == 0;
  world()->ledger().clear();
  broadcast.forward(index_valued<double>(broadcast.domain()));
  EXPECT_EQ(world()->ledger().of("Broadcast"), (root ? Traffic{40 * (ranks - 1), ranks - 1} : Traffic{}));
  world()->ledger().clear();
  broadcast.adjoint(index_valued<double>(broadcast.range()));
  EXPECT_EQ(world()->ledger().of("Broadcast"), (root ? Traffic{} : Traffic{40, 1}));
}

TEST(Broadcast, RefusesGridsThatDoNotAlign) {
  const Index ranks = world()->size();
  if (ranks == 1) GTEST_SKIP() << "needs two ranks";
  const Partition all(world(), Shape{ranks, 1});
  EXPECT_THROW(Broadcast<double>({6, 6}, all, Partition(world(), Shape{1, 1})), PartitionError);
  EXPECT_THROW(Broadcast<double>({6, 6}, all, {world(), Shape{1, ranks}}), PartitionError);
  EXPECT_THROW(Broadcast<double>({6, 6}, all, {world(), Shape{ranks}}), PartitionError);
  EXPECT_THROW(SumReduce<double>({6, 6}, Partition(world(), Shape{1, 1}), all), PartitionError);
}

TEST(Broadcast, RefusesATensorOfAnotherSpace) {
  const Index ranks = world()->size();
  const Broadcast<double> broadcast({5}, Partition(world(), Shape{1}), {world(), Shape{ranks}});
  EXPECT_THROW(broadcast.forward(index_valued<double>({{4}, Partition(world(), Shape{1})})), ShapeError);
  if (ranks == 1) return;
  EXPECT_THROW(broadcast.adjoint(index_valued<double>({{5}, {world(), Shape{ranks}}})), ShapeError);
}

}  // namespace
}  // namespace tessera
