#include "tessera/primitives/send_receive.hpp"

#include <algorithm>
#include <complex>
#include <numeric>
#include <optional>

#include "tessera/testing/adjoint_test.hpp"
#include "testing/tensors.hpp"

namespace tessera {
namespace {

using testing_support::index_valued;
using testing_support::world;
using testing_support::wrong_elements;

constexpr std::uint64_t kSeed = 20261;

/// Two grids on as many ranks each as there are, at most `most`: the first ones, and the last ones in reverse.
struct Sides {
  Partition source, target;
};

std::optional<Sides> sides(int most, bool along_first_axis, int cut = 0) {
  const int half = std::min(world()->size() / 2, most);
  if (half == 0) return std::nullopt;
  std::vector<int> last(static_cast<std::size_t>(half));
  std::iota(last.rbegin(), last.rend(), world()->size() - half);
  const Shape extents = along_first_axis ? Shape{half, 1} : Shape{1, half};
  const RankGrid grid(extents, along_first_axis ? std::vector<int>{cut, 1} : std::vector<int>{0, cut});
  std::vector<int> first(static_cast<std::size_t>(half));
  std::iota(first.begin(), first.end(), 0);
  return Sides{Partition(world(), grid, first), Partition(world(), grid, last)};
}

template <class T>
void expect_exact(const Shape& shape, const Partition& source, const Partition& target) {
  const SendReceive<T> move(shape, source, target);
  EXPECT_EQ(wrong_elements(move.forward(index_valued<T>({shape, source}))), 0);
  EXPECT_EQ(wrong_elements(move.adjoint(index_valued<T>({shape, target}))), 0);
}

template <class T>
class SendReceiveOf : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(SendReceiveOf, Scalars);

TYPED_TEST(SendReceiveOf, MovesUnevenAndEmptyTiles) {
  for (const int most : {1, 2, 3}) {
    for (const bool first_axis : {false, true}) {
      const auto both = sides(most, first_axis, first_axis ? 0 : 1);
      if (!both) GTEST_SKIP() << "needs two ranks";
      for (const Shape& shape : {Shape{7, 5}, Shape{1, 2}, Shape{0, 3}}) {
        expect_exact<TypeParam>(shape, both->source, both->target);
        expect_exact<TypeParam>(shape, both->target, both->source);
      }
    }
  }
}

TYPED_TEST(SendReceiveOf, HasAnAdjoint) {
  for (const int cut : {0, RankGrid::kReplicate}) {
    const auto both = sides(3, true, cut);
    if (!both) GTEST_SKIP() << "needs two ranks";
    const SendReceive<TypeParam> move({5, 3}, both->source, both->target);
    EXPECT_TRUE(adjoint_test(move, kSeed).passes(kAdjointTolerance<TypeParam>));
  }
}

TYPED_TEST(SendReceiveOf, IsTheIdentityAsAMatrix) {
  for (const int cut : {0, RankGrid::kReplicate}) {
    const auto both = sides(3, true, cut);
    if (!both) GTEST_SKIP() << "needs two ranks";
    const SendReceive<TypeParam> move({4, 2}, both->source, both->target);
    const DenseMatrix matrix = dense_matrix_of(move);
    DenseMatrix identity{matrix.rows, matrix.rows, {}};
    for (Index i = 0; i < matrix.rows * matrix.rows; ++i) identity.values.push_back(i % (matrix.rows + 1) == 0 ? 1 : 0);
    EXPECT_EQ(max_difference(matrix, identity), 0.0);
    EXPECT_EQ(max_difference(dense_matrix_of_adjoint(move), identity), 0.0);
  }
}

TYPED_TEST(SendReceiveOf, SplitsMessagesLongerThanAChunk) {
  Communicator small = world()->split(0, world()->rank());
  small.set_chunk_bytes(7);
  if (small.size() < 2) GTEST_SKIP() << "needs two ranks";
  const auto communicator = std::make_shared<const Communicator>(std::move(small));
  expect_exact<TypeParam>({3, 5}, Partition(communicator, Shape{1, 1}), Partition(communicator, Shape{1, 1}, {1}));
}

/// Both sides do the same work, each in its own order, as the stages of a pipeline do; far more than MPI buffers by
/// itself.
TEST(SendReceive, TheSenderRunsAhead) {
  const auto both = sides(3, true);
  if (!both) GTEST_SKIP() << "needs two ranks";
  const TensorSpace domain{{300, 70}, both->source}, range{{300, 70}, both->target};
  const SendReceive<double> move(domain.shape, domain.partition, range.partition);
  constexpr int kCalls = 5;
  const auto check = [&](const DistTensor<double>& received, int call) {
    EXPECT_EQ(wrong_elements(received, static_cast<double>(call)), 0) << "call " << call;
  };
  if (both->source.active()) {
    for (int call = 1; call <= kCalls; ++call) move.forward(index_valued<double>(domain, call));
    move.progress();
    for (int call = 1; call <= kCalls; ++call) check(move.adjoint(DistTensor<double>(range)), 10 * call);
  } else if (both->target.active()) {
    for (int call = 1; call <= kCalls; ++call) {
      check(move.forward(DistTensor<double>(domain)), call);
      move.adjoint(index_valued<double>(range, 10.0 * call));
    }
  }
}

TEST(SendReceive, WhatWasSentArrivesAfterTheOperatorHasEnded) {
  const auto both = sides(1, true);
  if (!both) GTEST_SKIP() << "needs two ranks";
  const TensorSpace domain{{200, 100}, both->source};
  const SendReceive<double> receiver(domain.shape, both->source, both->target);
  if (both->source.active()) {
    const SendReceive<double> sender(domain.shape, both->source, both->target);
    sender.forward(index_valued<double>(domain));
  } else {
    EXPECT_EQ(wrong_elements(receiver.forward(DistTensor<double>(domain))), 0);
  }
}

TEST(SendReceive, CountsWhatItSends) {
  const auto both = sides(1, true);
  if (!both) GTEST_SKIP() << "needs two ranks";
  const SendReceive<double> move({6, 5}, both->source, both->target, "a link");
  const Traffic before = world()->ledger().of("a link");
  move.forward(index_valued<double>({{6, 5}, both->source}));
  const Traffic after = world()->ledger().of("a link");
  EXPECT_EQ(after.bytes - before.bytes, both->source.active() ? 6 * 5 * 8 : 0);
  EXPECT_EQ(after.messages - before.messages, both->source.active() ? 1 : 0);
}

TEST(SendReceive, RefusesSharedRanksAndOtherGrids) {
  const Partition first(world(), Shape{1, 1});
  EXPECT_THROW(SendReceive<double>({4, 4}, first, first), PartitionError);
  if (world()->size() < 3) return;
  EXPECT_THROW(SendReceive<double>({4, 4}, first, Partition(world(), Shape{2, 1}, {1, 2})), PartitionError);
  const Partition second(world(), RankGrid({1, 1}, {1, 0}), {1});
  EXPECT_THROW(SendReceive<double>({4, 4}, first, second), PartitionError);
}

}  // namespace
}  // namespace tessera
