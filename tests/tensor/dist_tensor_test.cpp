#include "tessera/tensor/dist_tensor.hpp"

#include <cmath>
#include <complex>

#include "tessera/tensor/algebra.hpp"
#include "testing/tensors.hpp"

namespace tessera {
namespace {

using testing_support::grids_up_to;
using testing_support::index_valued;
using testing_support::normal_valued;
using testing_support::world;
using testing_support::wrong_elements;

TensorSpace rows(const Shape& shape) { return {shape, {world(), Shape{world()->size()}}}; }

template <class T>
class DistTensorOf : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(DistTensorOf, Scalars);

TYPED_TEST(DistTensorOf, ClonesAreIndependent) {
  auto x = index_valued<TypeParam>(rows({7, 3}));
  const auto copied = x.clone();
  x.set_zero();
  EXPECT_EQ(copied.space(), x.space());
  EXPECT_EQ(copied.box(), x.box());
  EXPECT_EQ(wrong_elements(copied), 0);
  EXPECT_EQ(wrong_elements(x), x.local_size());
}

TYPED_TEST(DistTensorOf, InnerProductIsTheSameOnEveryPartition) {
  // The sum of the squares of 1..30, and for complex tensors of the odd numbers 1..59 too.
  const double expected = kRealsPerElement<TypeParam> == 1 ? 9455.0 : 9455.0 + 35990.0;
  for (const Shape& grid : grids_up_to(world()->size(), 3)) {
    const auto x = index_valued<TypeParam>({{5, 2, 3}, {world(), grid}});
    EXPECT_EQ(inner_product(x, x), expected) << to_string(grid);
    EXPECT_EQ(norm(x), std::sqrt(expected)) << to_string(grid);
    EXPECT_EQ(inner_product(x, index_valued<TypeParam>(x.space(), -2)), -2 * expected) << to_string(grid);
  }
}

TYPED_TEST(DistTensorOf, AlgebraIsElementByElement) {
  auto y = index_valued<TypeParam>(rows({7, 3}), 4);
  axpy(-3.0, index_valued<TypeParam>(rows({7, 3})), y);
  EXPECT_EQ(wrong_elements(y), 0);
  scale(5.0, y);
  EXPECT_EQ(wrong_elements(y, 5), 0);
}

TYPED_TEST(DistTensorOf, NormalNumbersDoNotDependOnThePartition) {
  const Shape shape{5, 2, 3};
  const Partition copies(world(), RankGrid({world()->size()}, {RankGrid::kReplicate}));
  const auto whole = normal_valued<TypeParam>({shape, copies}, 99).local().to(Device::cpu());
  for (const Shape& grid : grids_up_to(world()->size(), 3)) {
    const auto x = normal_valued<TypeParam>({shape, {world(), grid}}, 99);
    const HostInput<TypeParam> tile(x.local());
    for_each_row(shape, x.box(), [&](Index offset, Index local, Index length) {
      for (Index i = 0; i < length; ++i) EXPECT_EQ(tile.data()[local + i], whole[offset + i]);
    });
  }
}

TEST(DistTensor, ConjugatesTheFirstFactorOfAnInnerProduct) {
  DistTensor<std::complex<double>> a(rows({1})), b(rows({1}));
  fill(a, [](Index) { return std::complex<double>(1.0, 2.0); });
  fill(b, [](Index) { return std::complex<double>(3.0, 5.0); });
  EXPECT_EQ(inner_product(a, b), 13.0);
}

TEST(DistTensor, InnerProductCountsEveryCopy) {
  const Index ranks = world()->size();
  const auto x = index_valued<double>({{4}, {world(), RankGrid({ranks}, {RankGrid::kReplicate})}});
  EXPECT_EQ(inner_product(x, x), static_cast<double>(ranks) * 30.0);
}

TEST(DistTensor, ComplexNumbersTakeTwoNormalNumbersEach) {
  const auto x = normal_valued<std::complex<double>>(rows({7}), 3);
  const RandomStream stream(3, "test");
  const HostInput<std::complex<double>> tile(x.local());
  for_each_row(x.shape(), x.box(), [&](Index offset, Index local, Index length) {
    for (Index i = 0; i < length; ++i) {
      const auto index = static_cast<std::uint64_t>(offset + i);
      EXPECT_EQ(tile.data()[local + i], std::complex<double>(stream.normal(2 * index), stream.normal(2 * index + 1)));
    }
  });
}

TEST(DistTensor, CopiesDifferOnlyWhereAskedTo) {
  const Index ranks = world()->size();
  const TensorSpace copies{{4}, {world(), RankGrid({ranks}, {RankGrid::kReplicate})}};
  double equal = normal_valued<double>(copies, 7).local().to(Device::cpu())[0];
  double distinct = normal_valued<double>(copies, 7, true).local().to(Device::cpu())[0];
  EXPECT_EQ(world()->all_max(equal), world()->all_min(equal));
  if (ranks == 1) return;
  EXPECT_GT(world()->all_max(distinct), world()->all_min(distinct));
}

TEST(DistTensor, HoldsNothingOnInactiveRanks) {
  const DistTensor<double> x(TensorSpace{{4, 3}, Partition(world(), Shape{1, 1})});
  EXPECT_EQ(x.local_size(), world()->rank() == 0 ? 12 : 0);
  EXPECT_EQ(inner_product(index_valued<double>(x.space()), index_valued<double>(x.space())), 650.0);
}

TEST(DistTensor, RequiresOneSpace) {
  const auto x = index_valued<double>(rows({7}));
  auto other = index_valued<double>(rows({8}));
  EXPECT_THROW(inner_product(x, other), ShapeError);
  EXPECT_THROW(axpy(1.0, x, other), ShapeError);
  EXPECT_NO_THROW(require_space("test", "tensor", x, rows({7})));
  if (world()->size() == 1) return;
  EXPECT_THROW(inner_product(x, index_valued<double>({{7}, Partition(world(), Shape{1})})), ShapeError);
}

TEST(ForEachRow, VisitsEveryRowOfABoxInLocalOrder) {
  std::vector<std::vector<Index>> rows_seen;
  for_each_row({3, 4, 5}, {{1, 2, 1}, {2, 2, 3}}, [&](Index offset, Index local, Index length) {
    rows_seen.push_back({offset, local, length});
  });
  EXPECT_EQ(rows_seen, (std::vector<std::vector<Index>>{{31, 0, 3}, {36, 3, 3}, {51, 6, 3}, {56, 9, 3}}));
  for_each_row({3, 4}, {{1, 2}, {2, 0}}, [](Index, Index, Index) { ADD_FAILURE() << "an empty box has no rows"; });
  Index scalars = 0;
  for_each_row({}, {{}, {}}, [&](Index, Index, Index length) { scalars += length; });
  EXPECT_EQ(scalars, 1);
}

}  // namespace
}  // namespace tessera
