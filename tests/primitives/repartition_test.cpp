#include "tessera/primitives/repartition.hpp"

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

constexpr std::uint64_t kSeed = 20260;

/// Forward and adjoint of a repartition without copies, element by element.
template <class T>
void expect_exact(const Shape& shape, const Partition& source, const Partition& target) {
  const Repartition<T> move(shape, source, target);
  EXPECT_EQ(wrong_elements(move.forward(index_valued<T>({shape, source}))), 0)
      << to_string(move.domain()) << " to " << to_string(move.range());
  EXPECT_EQ(wrong_elements(move.adjoint(index_valued<T>({shape, target}))), 0)
      << to_string(move.range()) << " back to " << to_string(move.domain());
}

std::vector<int> reversed_ranks(int count) {
  std::vector<int> ranks(static_cast<std::size_t>(count));
  std::iota(ranks.rbegin(), ranks.rend(), world()->size() - count);
  return ranks;
}

TEST(Repartition, GoesFromEveryGridToEveryGrid) {
  const Shape shape{5, 4, 3};
  const auto grids = grids_up_to(world()->size(), shape.size());
  for (const Shape& source : grids) {
    for (const Shape& target : grids) expect_exact<double>(shape, {world(), source}, {world(), target});
  }
}

template <class T>
class RepartitionOf : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(RepartitionOf, Scalars);

TYPED_TEST(RepartitionOf, MovesUnevenTiles) {
  const Index ranks = world()->size();
  expect_exact<TypeParam>({7, 5}, {world(), Shape{ranks, 1}}, {world(), Shape{1, ranks}});
  expect_exact<TypeParam>({7, 5}, Partition(world(), Shape{1, 1}), {world(), Shape{ranks, 1}});
}

TYPED_TEST(RepartitionOf, HasAnAdjoint) {
  const Index ranks = world()->size();
  const Shape shape{5, 7};
  const Repartition<TypeParam> rows_to_columns(shape, {world(), Shape{ranks, 1}}, {world(), Shape{1, ranks}});
  EXPECT_TRUE(adjoint_test(rows_to_columns, kSeed).passes(kAdjointTolerance<TypeParam>));
  const Partition everywhere(world(), RankGrid({ranks}, {RankGrid::kReplicate}));
  const Repartition<TypeParam> all_gather(shape, {world(), Shape{ranks, 1}}, everywhere);
  EXPECT_TRUE(adjoint_test(all_gather, kSeed).passes(kAdjointTolerance<TypeParam>));
}

TYPED_TEST(RepartitionOf, SplitsMessagesLongerThanAChunk) {
  Communicator small = world()->split(0, world()->rank());
  small.set_chunk_bytes(7);
  const auto communicator = std::make_shared<const Communicator>(std::move(small));
  const Index ranks = communicator->size();
  expect_exact<TypeParam>({9, 7}, {communicator, Shape{ranks, 1}}, {communicator, Shape{1, ranks}});
}

/// Pieces that are a run of a tile of several axes, start inside it, and pieces that only look like one.
TEST(Repartition, MovesRunsAndStridedPiecesOfTheSameTile) {
  const Index ranks = world()->size();
  for (const Shape& shape : {Shape{1, 6, 5}, Shape{6, 1, 7}, Shape{7, 2, 1}, Shape{2, 1, 9}}) {
    for (const Shape& source : all_partitions(ranks, 3)) {
      for (const Shape& target : all_partitions(ranks, 3)) {
        expect_exact<float>(shape, {world(), source}, {world(), target});
      }
    }
  }
}

TEST(Repartition, ScattersAndGathers) {
  const Shape shape{4, 5};
  for (const Shape& grid : grids_up_to(world()->size(), 2)) {
    const Partition parts(world(), grid);
    expect_exact<double>(shape, parts.root(), parts);
    expect_exact<double>(shape, parts, parts.root());
  }
}

TEST(Repartition, GoesBetweenDisjointRanks) {
  const int half = world()->size() / 2;
  if (half == 0) GTEST_SKIP() << "needs two ranks";
  const Partition first(world(), Shape{half, 1});
  const Partition last(world(), Shape{1, half}, reversed_ranks(half));
  expect_exact<double>({5, 7}, first, last);
  expect_exact<double>({5, 7}, last, first);
}

TEST(Repartition, FollowsTheOrderOfListedRanks) {
  const int ranks = world()->size();
  expect_exact<double>({11}, {world(), Shape{ranks}}, {world(), Shape{ranks}, reversed_ranks(ranks)});
}

TEST(Repartition, ServesMoreRanksThanCells) {
  const Index ranks = world()->size();
  expect_exact<double>({2, 1}, {world(), Shape{ranks, 1}}, {world(), Shape{1, ranks}});
  expect_exact<double>({1, 3}, {world(), Shape{1, ranks}}, {world(), Shape{ranks, 1}});
}

TEST(Repartition, ServesTensorsWithoutElements) {
  const Index ranks = world()->size();
  expect_exact<double>({0, 3}, {world(), Shape{ranks, 1}}, {world(), Shape{1, ranks}});
}

/// A repartition onto copies: every copy is whole; the adjoint sums them.
void expect_gathers(const Shape& shape, const Partition& source, const Partition& target) {
  const Repartition<double> gather(shape, source, target);
  EXPECT_EQ(wrong_elements(gather.forward(index_valued<double>(gather.domain()))), 0) << to_string(target);
  const double copy = static_cast<double>(copy_index(gather.range()));
  const double copies = static_cast<double>(copies_of(gather.range()));
  // Copy c holds (c + 1) times the index values; 1 + 2 + ... + C arrive.
  const auto sum = gather.adjoint(index_valued<double>(gather.range(), copy + 1));
  EXPECT_EQ(wrong_elements(sum, copies * (copies + 1) / 2), 0) << to_string(target);
}

TEST(Repartition, ToCopiesIsAnAllGatherAndItsAdjointAReduceScatter) {
  constexpr int kNone = RankGrid::kReplicate;
  const Shape shape{5, 4};
  for (const Shape& source : grids_up_to(world()->size(), 2)) {
    for (const Shape& target : grids_up_to(world()->size(), 2)) {
      expect_gathers(shape, {world(), source}, {world(), RankGrid(target, {kNone, kNone})});
      expect_gathers(shape, {world(), source}, {world(), RankGrid(target, {kNone, 0})});
      expect_gathers(shape, {world(), source}, {world(), RankGrid(target, {1, kNone})});
    }
  }
}

TEST(Repartition, IsAPermutationMatrix) {
  const Index ranks = world()->size();
  const Repartition<std::complex<double>> move({3, 2}, {world(), Shape{ranks, 1}}, {world(), Shape{1, ranks}});
  const DenseMatrix matrix = dense_matrix_of(move);
  ASSERT_EQ(matrix.rows, 12);
  for (Index i = 0; i < 12; ++i) {
    for (Index j = 0; j < 12; ++j) EXPECT_EQ(matrix(i, j), i == j ? 1.0 : 0.0) << i << ", " << j;
  }
  EXPECT_EQ(dense_matrix_of_adjoint(move), matrix);
}

TEST(Repartition, ToCopiesIsAStackOfIdentities) {
  const Index ranks = world()->size();
  const Partition copies(world(), RankGrid({ranks}, {RankGrid::kReplicate}));
  const Repartition<double> gather({3, 2}, {world(), Shape{ranks, 1}}, copies);
  const DenseMatrix matrix = dense_matrix_of(gather);
  ASSERT_EQ(matrix.rows, 6 * ranks);
  for (Index i = 0; i < matrix.rows; ++i) {
    for (Index j = 0; j < 6; ++j) EXPECT_EQ(matrix(i, j), i % 6 == j ? 1.0 : 0.0) << i << ", " << j;
  }
  EXPECT_EQ(dense_matrix_of_adjoint(gather), transposed(matrix));
}

TEST(Repartition, SendsWhatThePlanSays) {
  const Shape shape{5, 4};
  const Index here = world()->rank();
  const auto bytes = [](Traffic elements) { return Traffic{elements.bytes * 16, elements.messages}; };
  for (const Shape& source : grids_up_to(world()->size(), 2)) {
    for (const Shape& target : all_partitions(volume(source), 2)) {
      for (const std::vector<int>& cuts : {std::vector<int>{0, 1}, {-1, 0}, {-1, -1}}) {
        const RankGrid goal(target, cuts);
        const Repartition<std::complex<double>> move(shape, {world(), source}, {world(), goal}, "move");
        world()->ledger().clear();
        move.forward(index_valued<std::complex<double>>(move.domain()));
        EXPECT_EQ(world()->ledger().of("move"), bytes(repartition_traffic(shape, RankGrid(source), goal, here)));
        world()->ledger().clear();
        move.adjoint(index_valued<std::complex<double>>(move.range()));
        EXPECT_EQ(world()->ledger().of("move"),
                  bytes(repartition_adjoint_traffic(shape, RankGrid(source), goal, here)));
      }
    }
  }
}

TEST(Repartition, RefusesAReplicatingSource) {
  const Index ranks = world()->size();
  const Partition copies(world(), RankGrid({ranks}, {RankGrid::kReplicate}));
  if (ranks == 1) GTEST_SKIP() << "one rank holds no copies";
  EXPECT_THROW(Repartition<double>({4}, copies, {world(), Shape{ranks}}), PartitionError);
}

TEST(Repartition, RefusesAPartitionThatCutsAMissingAxisOnEveryRank) {
  if (world()->size() == 1) GTEST_SKIP() << "one rank cuts nothing";
  EXPECT_THROW(Repartition<double>({4}, {world(), Shape{2}}, {world(), Shape{1, 2}}), PartitionError);
}

TEST(Repartition, RefusesATensorOfAnotherSpace) {
  const Index ranks = world()->size();
  const Repartition<double> move({4, 3}, {world(), Shape{ranks, 1}}, {world(), Shape{1, ranks}});
  const auto other_shape = index_valued<double>({{4, 4}, {world(), Shape{ranks, 1}}});
  EXPECT_THROW(move.forward(other_shape), ShapeError);
  EXPECT_THROW(move.adjoint(other_shape), ShapeError);
  if (ranks == 1) return;
  const auto other_partition = index_valued<double>(move.range());
  EXPECT_THROW(move.forward(other_partition), ShapeError);
}

}  // namespace
}  // namespace tessera
