#include "tessera/spectral/truncated_fft.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "spectral/naive_transform.hpp"
#include "spectral/planned_cases.hpp"
#include "src/spectral/backends/fft_lines.hpp"
#include "tessera/testing/adjoint_test.hpp"

namespace tessera {
namespace {

using testing_support::all_partitions;
using testing_support::for_each_plan;
using testing_support::grids_up_to;
using testing_support::naive_forward;
using testing_support::naive_inverse;
using testing_support::NaiveTensor;
using testing_support::normal_valued;
using testing_support::planned;
using testing_support::TransformCase;
using testing_support::world;

constexpr std::uint64_t kSeed = 806;

template <class T>
constexpr double kTolerance = std::is_same_v<T, float> ? 2e-5 : 1e-13;

template <class T>
using Planned = std::shared_ptr<const PlannedTransform<T>>;

/// What normal_valued fills a distributed tensor of this shape with, on this rank alone.
template <class T>
NaiveTensor normal_tensor(const Shape& shape, std::uint64_t seed) {
  const Partition here(std::make_shared<const Communicator>(Communicator::self()), Shape{1});
  const auto tensor = normal_valued<T>({shape, here}, seed);
  return {shape, {tensor.local().begin(), tensor.local().end()}};
}

/// Largest difference between this rank's tile and the whole tensor, relative to the whole's largest element.
template <class T>
double error_of(const DistTensor<T>& tensor, const NaiveTensor& expected) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (tensor.shape() != expected.shape) return infinity;
  double largest = std::numeric_limits<double>::min();
  for (const auto& value : expected.values) largest = std::max(largest, std::abs(value));
  double error = 0.0;
  const HostInput<T> values(tensor.local());
  for_each_row(tensor.shape(), tensor.box(), [&](Index offset, Index local, Index length) {
    for (Index i = 0; i < length; ++i) {
      const auto found = static_cast<std::complex<double>>(values.data()[local + i]);
      const double difference = std::abs(found - expected.values[static_cast<std::size_t>(offset + i)]);
      error = std::isnan(difference) ? infinity : std::max(error, difference);
    }
  });
  return error / largest;
}

/// Both operators by definition. Random spectra are not Hermitian: the inverse has to ignore what numpy ignores.
struct Definition {
  NaiveTensor modes;
  NaiveTensor cells;
};

template <class T>
Definition definition_of(const TransformCase& c) {
  const SpectralGrid spectral(c.grid, c.modes);
  Shape cells{c.batch, c.channels};
  Shape modes = cells;
  cells.insert(cells.end(), c.grid.begin(), c.grid.end());
  modes.insert(modes.end(), spectral.kept().begin(), spectral.kept().end());
  return {naive_forward(normal_tensor<T>(cells, kSeed), spectral),
          naive_inverse(normal_tensor<std::complex<T>>(modes, kSeed + 1), spectral)};
}

template <class T>
void expect_definition(const Planned<T>& transform, const Definition& expected) {
  const auto x = normal_valued<T>(transform->grid_space(), kSeed);
  EXPECT_LT(error_of(TruncatedFft<T>(transform).forward(x), expected.modes), kTolerance<T>);
  const auto modes = normal_valued<std::complex<T>>(transform->spectrum_space(), kSeed + 1);
  EXPECT_LT(error_of(TruncatedInverseFft<T>(transform).forward(modes), expected.cells), kTolerance<T>);
}

template <class T>
void expect_adjoints(const Planned<T>& transform) {
  EXPECT_TRUE(adjoint_test(TruncatedFft<T>(transform), kSeed).passes(kAdjointTolerance<T>));
  EXPECT_TRUE(adjoint_test(TruncatedInverseFft<T>(transform), kSeed).passes(kAdjointTolerance<T>));
}

class TruncatedFftOf : public testing::TestWithParam<TransformCase> {
 protected:
  std::vector<Shape> full_grids() const { return all_partitions(world()->size(), GetParam().grid.size() + 2); }
};
INSTANTIATE_TEST_SUITE_P(Cases, TruncatedFftOf, testing::ValuesIn(testing_support::transform_cases()));

TEST_P(TruncatedFftOf, AgreesWithTheDefinitionOnEveryPartition) {
  const Definition expected = definition_of<double>(GetParam());
  for_each_plan<double>(GetParam(), full_grids(),
                        [&](const Planned<double>& transform) { expect_definition(transform, expected); });
}

TEST_P(TruncatedFftOf, HasItsAdjointOnEveryPartition) {
  for_each_plan<double>(GetParam(), full_grids(), expect_adjoints<double>);
}

TEST_P(TruncatedFftOf, WorksInSinglePrecision) {
  const Definition expected = definition_of<float>(GetParam());
  for_each_plan<float>(GetParam(), full_grids(), [&](const Planned<float>& transform) {
    expect_definition(transform, expected);
    expect_adjoints(transform);
  });
}

/// Also the mixtures of exchange and partial sums that no schedule would take on grids this small.
TEST_P(TruncatedFftOf, AgreesWithTheDefinitionOnEveryRoute) {
  const TransformCase& c = GetParam();
  const Definition expected = definition_of<double>(c);
  for (const Shape& ranks : full_grids()) {
    const Partition partition(world(), ranks);
    for (const ScheduleOption& option :
         schedule_options(c.batch, c.channels, SpectralGrid(c.grid, c.modes), partition.grid(), Schedule::automatic)) {
      SCOPED_TRACE(option.name + " on " + to_string(ranks));
      const auto transform = std::make_shared<const PlannedTransform<double>>(option.plan, partition);
      expect_definition(transform, expected);
      expect_adjoints(transform);
    }
  }
}

class TruncatedFftWithIdleRanks : public testing::TestWithParam<TransformCase> {};
INSTANTIATE_TEST_SUITE_P(Cases, TruncatedFftWithIdleRanks,
                         testing::Values(TransformCase{1, 2, {7}, {4}}, TransformCase{1, 2, {6, 7}, {2, 3}}));

TEST_P(TruncatedFftWithIdleRanks, AgreesWithTheDefinition) {
  const auto grids = grids_up_to(world()->size(), GetParam().grid.size() + 2);
  const Definition expected = definition_of<double>(GetParam());
  for (const TransformEngine engine : {TransformEngine::matrix, TransformEngine::fft}) {
    if (engine == TransformEngine::fft && !FftLines<double>::available()) continue;
    for_each_plan<double>(
        GetParam(), grids,
        [&](const Planned<double>& transform) {
          expect_definition(transform, expected);
          expect_adjoints(transform);
        },
        engine);
  }
}

TEST(TruncatedFft, WorksOnRanksListedInAnyOrder) {
  std::vector<int> ranks(static_cast<std::size_t>(world()->size()));
  std::iota(ranks.rbegin(), ranks.rend(), 0);
  for (const Schedule schedule : {Schedule::automatic, Schedule::exchange, Schedule::partial_sums}) {
    const Partition partition(world(), Shape{1, 1, world()->size(), 1}, ranks);
    const TransformCase small{1, 2, {7, 6}, {3, 2}};
    const auto transform = planned<double>(small, partition, schedule);
    ASSERT_NE(transform, nullptr);
    expect_definition(transform, definition_of<double>(small));
    expect_adjoints(transform);
  }
}

/// Both operators of a small grid against the definition, column by column, and against their transposes.
TEST(TruncatedFft, IsTheMatrixOfTheDefinition) {
  const TransformCase small{1, 1, {4, 4}, {2, 3}};
  const auto transform = planned<double>(small, {world(), Shape{1, 1, world()->size(), 1}}, Schedule::exchange);
  const SpectralGrid spectral(small.grid, small.modes);
  const TruncatedFft<double> fft(transform);
  const TruncatedInverseFft<double> inverse(transform);
  const DenseMatrix forward_matrix = dense_matrix_of(fft);
  const DenseMatrix inverse_matrix = dense_matrix_of(inverse);
  ASSERT_EQ(forward_matrix.rows, 24);
  ASSERT_EQ(inverse_matrix.rows, 16);
  for (Index column = 0; column < 16; ++column) {
    NaiveTensor x{{1, 1, 4, 4}, std::vector<std::complex<double>>(16)};
    x.values[static_cast<std::size_t>(column)] = 1.0;
    const NaiveTensor modes = naive_forward(x, spectral);
    for (Index k = 0; k < 12; ++k) {
      EXPECT_NEAR(forward_matrix(2 * k, column), modes.values[static_cast<std::size_t>(k)].real(), 1e-14);
      EXPECT_NEAR(forward_matrix(2 * k + 1, column), modes.values[static_cast<std::size_t>(k)].imag(), 1e-14);
    }
  }
  for (Index column = 0; column < 24; ++column) {
    NaiveTensor modes{{1, 1, 4, 3}, std::vector<std::complex<double>>(12)};
    modes.values[static_cast<std::size_t>(column / 2)] = column % 2 ? std::complex<double>(0, 1) : 1.0;
    const NaiveTensor x = naive_inverse(modes, spectral);
    for (Index n = 0; n < 16; ++n) {
      EXPECT_NEAR(inverse_matrix(n, column), x.values[static_cast<std::size_t>(n)].real(), 1e-14);
    }
  }
  EXPECT_LT(max_difference(dense_matrix_of_adjoint(fft), transposed(forward_matrix)), 1e-14);
  EXPECT_LT(max_difference(dense_matrix_of_adjoint(inverse), transposed(inverse_matrix)), 1e-14);
}

/// N = 4, all 3 modes kept, of the unit vector at n = 1: exp(-2 pi i k / 4) = 1, -i, -1. The interior mode is doubled,
/// DC and Nyquist are not.
TEST(TruncatedInverseFft, HasAnAdjointThatDoublesInteriorModes) {
  const Index ranks = world()->size();
  for (const Schedule schedule : {Schedule::automatic, Schedule::exchange, Schedule::partial_sums}) {
    const auto transform = planned<double>({1, 1, {4}, {3}}, {world(), Shape{1, 1, ranks}}, schedule);
    ASSERT_NE(transform, nullptr);
    const DenseMatrix adjoint = dense_matrix_of_adjoint(TruncatedInverseFft<double>(transform));
    const std::vector<double> expected = {0.25, 0.0, 0.0, -0.5, -0.25, 0.0};
    ASSERT_EQ(adjoint.rows, 6);
    for (Index row = 0; row < 6; ++row) EXPECT_NEAR(adjoint(row, 1), expected[static_cast<std::size_t>(row)], 1e-15);
  }
}

TEST(TruncatedInverseFft, InvertsTheForwardTransformOfAFullSpectrum) {
  const TransformCase full{2, 1, {6, 9}, {3, 5}};
  const NaiveTensor x = normal_tensor<double>({2, 1, 6, 9}, kSeed);
  for_each_plan<double>(full, {{1, 1, world()->size(), 1}}, [&](const Planned<double>& transform) {
    const auto modes = TruncatedFft<double>(transform).forward(normal_valued<double>(transform->grid_space(), kSeed));
    EXPECT_LT(error_of(TruncatedInverseFft<double>(transform).forward(modes), x), 1e-14);
  });
}

TEST(PlannedTransform, RefusesAnotherPartitionThanThePlans) {
  const Index ranks = world()->size();
  const auto plan = plan_transform(1, 1, SpectralGrid({8, 8}, {2, 2}), RankGrid({1, 1, 1, 1}), Schedule::exchange);
  EXPECT_THROW(PlannedTransform<double>(plan, Partition(world(), Shape{1, 1, 1})), PartitionError);
  if (ranks == 1) return;
  EXPECT_THROW(PlannedTransform<double>(plan, {world(), Shape{1, 1, ranks, 1}}), PartitionError);
}

TEST(PlannedTransform, RefusesTensorsOfAnotherSpace) {
  const auto transform = planned<double>({1, 2, {8}, {3}}, {world(), Shape{1, 1, world()->size()}}, Schedule::exchange);
  const Partition& partition = transform->grid_space().partition;
  EXPECT_THROW(transform->analyse(ModeScaling::unit, normal_valued<double>({{1, 2, 9}, partition}, 1)), ShapeError);
  EXPECT_THROW(transform->synthesise(ModeScaling::unit, normal_valued<std::complex<double>>({{1, 2, 8}, partition}, 1)),
               ShapeError);
}

}  // namespace
}  // namespace tessera
