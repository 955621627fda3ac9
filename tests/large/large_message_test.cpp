/// Messages of more than 2^31 - 1 bytes, for real: about 10 GB of memory on two ranks.

#include <gtest/gtest.h>

#include "support/mpi_fixture.hpp"
#include "tessera/primitives/broadcast.hpp"
#include "tessera/primitives/repartition.hpp"

namespace tessera {
namespace {

using testing_support::world;

/// 2.4 GB of floats; the odd extent leaves a remainder in every split.
const Shape kShape{3, 200'000'001};

/// Exact in float, and different in neighbouring cells and chunks.
float value_at(Index index) { return static_cast<float>(index % 16'000'057); }

void fill(DistTensor<float>& x) {
  for (Index i = 0; i < x.local_size(); ++i) x.data()[i] = value_at(i);
}

Index wrong_cells(const DistTensor<float>& x) {
  Index wrong = 0;
  for (Index i = 0; i < x.local_size(); ++i) wrong += x.data()[i] != value_at(i);
  return wrong;
}

TEST(LargeMessage, ARepartitionMovesMoreThanTwoGigabytesToAnotherRank) {
  const Partition first(world(), {1, 1}, {0});
  const Partition second(world(), {1, 1}, {1});
  const Repartition<float> move(kShape, first, second);
  DistTensor<float> x(move.domain());
  fill(x);
  const auto y = move.forward(x);
  EXPECT_EQ(y.local_size(), world()->rank() == 1 ? volume(kShape) : 0);
  EXPECT_EQ(wrong_cells(y), 0);
  EXPECT_EQ(wrong_cells(move.adjoint(y)), 0);
}

TEST(LargeMessage, ABroadcastOfMoreThanTwoGigabytesArrivesWhole) {
  const Broadcast<float> copy(kShape, Partition(world(), {1, 1}), Partition(world(), {2, 1}));
  DistTensor<float> x(copy.domain());
  fill(x);
  EXPECT_EQ(wrong_cells(copy.forward(x)), 0);
}

}  // namespace
}  // namespace tessera
