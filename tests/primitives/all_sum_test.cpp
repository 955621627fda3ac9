#include "tessera/primitives/all_sum.hpp"

#include <complex>

#include "tessera/testing/adjoint_test.hpp"
#include "testing/tensors.hpp"

namespace tessera {
namespace {

using testing_support::grids_up_to;
using testing_support::index_valued;
using testing_support::world;
using testing_support::wrong_elements;

constexpr int kNone = RankGrid::kReplicate;

TensorSpace copies_over_three_axes(const Shape& grid) { return {{5, 3}, {world(), RankGrid(grid, {kNone, 0, kNone})}}; }

/// Sum of f(c) = 1 + c_0 + 10 c_2 over the copies that differ from this rank in the summed axes alone.
double expected_factor(const Shape& grid, const Shape& here, bool sum_first, bool sum_last) {
  double sum = 0.0;
  for (Index a = 0; a < grid[0]; ++a) {
    for (Index c = 0; c < grid[2]; ++c) {
      const bool counted = (sum_first || a == here[0]) && (sum_last || c == here[2]);
      if (counted) sum += static_cast<double>(1 + a + 10 * c);
    }
  }
  return sum;
}

template <class T>
void expect_sums(const Shape& grid, const std::vector<int>& axes, bool sum_first, bool sum_last) {
  const TensorSpace space = copies_over_three_axes(grid);
  const AllSum<T> all_sum(space, axes);
  const Index position = space.partition.position();
  const Shape here = space.partition.grid().coordinates(std::max<Index>(position, 0));
  using R = RealPart<T>;
  const auto x = index_valued<T>(space, static_cast<R>(1 + here[0] + 10 * here[2]));
  const auto expected = static_cast<R>(expected_factor(grid, here, sum_first, sum_last));
  EXPECT_EQ(wrong_elements(all_sum.forward(x), expected), 0) << to_string(grid);
  EXPECT_EQ(wrong_elements(all_sum.adjoint(x), expected), 0) << to_string(grid);
  EXPECT_TRUE(adjoint_test(all_sum, 17).passes(kAdjointTolerance<T>)) << to_string(grid);
}

template <class T>
class AllSumOf : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(AllSumOf, Scalars);

TYPED_TEST(AllSumOf, SumsOverTheListedAxes) {
  for (const Shape& grid : grids_up_to(world()->size(), 3)) {
    expect_sums<TypeParam>(grid, {}, true, true);
    expect_sums<TypeParam>(grid, {0, 2}, true, true);
    expect_sums<TypeParam>(grid, {0}, true, false);
    expect_sums<TypeParam>(grid, {2}, false, true);
  }
}

TEST(AllSum, IsTheIdentityWhereNothingIsCopied) {
  const AllSum<double> all_sum({{7}, {world(), Shape{world()->size()}}});
  EXPECT_EQ(wrong_elements(all_sum.forward(index_valued<double>(all_sum.domain()))), 0);
}

TEST(AllSum, ServesMoreRanksThanCells) {
  const AllSum<double> all_sum({{1}, {world(), RankGrid({world()->size(), 1}, {0, kNone})}});
  EXPECT_EQ(wrong_elements(all_sum.forward(index_valued<double>(all_sum.domain()))), 0);
}

TEST(AllSum, IsASymmetricMatrixOfOnes) {
  const Index ranks = world()->size();
  const AllSum<double> all_sum({{3}, {world(), RankGrid({ranks}, {kNone})}});
  const DenseMatrix matrix = dense_matrix_of(all_sum);
  ASSERT_EQ(matrix.rows, 3 * ranks);
  for (Index i = 0; i < matrix.rows; ++i) {
    for (Index j = 0; j < matrix.columns; ++j) EXPECT_EQ(matrix(i, j), i % 3 == j % 3 ? 1.0 : 0.0) << i << ", " << j;
  }
  EXPECT_EQ(dense_matrix_of_adjoint(all_sum), matrix);
}

TEST(AllSum, CountsWhatAFlatAllSumSends) {
  const Index ranks = world()->size();
  const AllSum<float> all_sum({{6}, {world(), RankGrid({ranks}, {kNone})}});
  world()->ledger().clear();
  all_sum.forward(index_valued<float>(all_sum.domain()));
  EXPECT_EQ(world()->ledger().of("AllSum"), (Traffic{2 * (ranks - 1) * 24 / ranks, 2 * (ranks - 1)}));
}

TEST(AllSum, RefusesAxesThatDoNotReplicate) {
  const TensorSpace space = copies_over_three_axes({1, world()->size(), 1});
  EXPECT_THROW(AllSum<double>(space, {1}), PartitionError);
  EXPECT_THROW(AllSum<double>(space, {3}), PartitionError);
  EXPECT_THROW(AllSum<double>(space, {-1}), PartitionError);
}

}  // namespace
}  // namespace tessera
