#include "tessera/spectral/distributed_fft.hpp"

#include <cmath>
#include <limits>
#include <numeric>
#include <string>

#include "spectral/naive_transform.hpp"
#include "src/spectral/backends/box_fft.hpp"
#include "support/gather.hpp"
#include "support/mpi_fixture.hpp"
#include "support/partitions.hpp"
#include "tessera/testing/adjoint_test.hpp"

namespace tessera {
namespace {

using testing_support::all_partitions;
using testing_support::apply_along;
using testing_support::NaiveTensor;
using testing_support::random_tensor;
using testing_support::unit_root;
using testing_support::world;

template <class T>
constexpr double kTolerance = std::is_same_v<T, float> ? 2e-5 : 1e-13;

struct Case {
  Shape shape;
  std::size_t grid_axes;
};

/// 1 to 4 grid axes, with and without leading axes, odd and even lengths, lines of one cell, fewer cells than ranks,
/// many lines along a middle axis.
std::vector<Case> cases() {
  return {{{12}, 1},      {{5}, 1},       {{1}, 1},          {{3, 8}, 1},       {{2, 3, 7}, 1},
          {{6, 8}, 2},    {{7, 5}, 2},    {{1, 2}, 2},       {{2, 5, 6}, 2},    {{9, 5, 20}, 2},
          {{4, 6, 8}, 3}, {{7, 3, 5}, 3}, {{2, 3, 4, 6}, 3}, {{3, 4, 2, 5}, 4}, {{2, 2, 3, 2, 4}, 4}};
}

std::string to_string(const Case& c) {
  return tessera::to_string(c.shape) + ", " + std::to_string(c.grid_axes) + " grid axes";
}

template <class T>
NaiveTensor whole(const TensorSpace& space, const char* name) {
  const Partition here(std::make_shared<const Communicator>(Communicator::self()), Shape{1});
  const auto tensor = random_tensor<T>({space.shape, here}, name);
  return {space.shape, {tensor.local().begin(), tensor.local().end()}};
}

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

/// Between the tiles of this rank.
template <class T>
double largest_difference(const DistTensor<T>& a, const DistTensor<T>& b) {
  const HostInput<T> a_values(a.local()), b_values(b.local());
  double largest = 0.0;
  for (Index i = 0; i < a_values.size(); ++i) {
    largest = std::max(largest, static_cast<double>(std::abs(a_values.data()[i] - b_values.data()[i])));
  }
  return largest;
}

/// numpy's fftn (sign -1) or prod(N) ifftn (sign +1) along axes first.. end-1.
NaiveTensor naive_fft(NaiveTensor x, std::size_t first, std::size_t end, int sign) {
  for (std::size_t axis = first; axis < end; ++axis) {
    const Index length = x.shape[axis];
    x = apply_along(x, axis, length, [&](Index k, Index n) {
      const auto root = unit_root(k * n, length);
      return sign < 0 ? std::conj(root) : root;
    });
  }
  return x;
}

/// The complex transform of real cells, at the modes 0..N/2 of the last axis.
NaiveTensor half_of(const NaiveTensor& spectrum) {
  const std::size_t last = spectrum.shape.size() - 1;
  return apply_along(spectrum, last, spectrum.shape[last] / 2 + 1, [](Index k, Index n) { return k == n ? 1.0 : 0.0; });
}

/// numpy's irfftn: after the other axes, the half spectrum of the last is completed to a Hermitian one.
NaiveTensor naive_real_inverse(const NaiveTensor& modes, const Shape& cells, std::size_t first) {
  const std::size_t last = cells.size() - 1;
  NaiveTensor x = naive_fft(modes, first, last, +1);
  const Index length = cells[last];
  const Index kept = x.shape[last];
  NaiveTensor full{cells, std::vector<std::complex<double>>(static_cast<std::size_t>(volume(cells)))};
  for (Index row = 0; row < volume(cells) / length; ++row) {
    for (Index k = 0; k < kept; ++k) {
      const auto mode = x.values[static_cast<std::size_t>(row * kept + k)];
      const bool own_conjugate = 2 * k % length == 0;
      full.values[static_cast<std::size_t>(row * length + k)] = own_conjugate ? mode.real() : mode;
      if (!own_conjugate) full.values[static_cast<std::size_t>(row * length + length - k)] = std::conj(mode);
    }
  }
  full = naive_fft(full, last, last + 1, +1);
  double scale = 1.0;
  for (std::size_t axis = first; axis <= last; ++axis) scale /= static_cast<double>(cells[axis]);
  for (auto& value : full.values) value *= scale;
  return full;
}

template <class T>
void expect_complex(const Case& c, const Partition& partition, const DistributedFftOptions& options) {
  using Complex = std::complex<T>;
  const std::size_t first = c.shape.size() - c.grid_axes;
  const DistributedFft<T> fft(c.shape, c.grid_axes, partition, options);
  const auto x = random_tensor<Complex>(fft.domain(), "x");
  const auto y = fft.forward(x);
  EXPECT_LT(error_of(y, naive_fft(whole<Complex>(fft.domain(), "x"), first, c.shape.size(), -1)), kTolerance<T>);
  EXPECT_LT(error_of(fft.inverse(y), whole<Complex>(fft.domain(), "x")), kTolerance<T>);
  EXPECT_TRUE(adjoint_test(fft, 5).passes(kAdjointTolerance<T>));
}

template <class T>
void expect_real(const Case& c, const Partition& partition, const DistributedFftOptions& options) {
  using Complex = std::complex<T>;
  const std::size_t first = c.shape.size() - c.grid_axes;
  const DistributedRealFft<T> fft(c.shape, c.grid_axes, partition, options);
  const auto y = fft.forward(random_tensor<T>(fft.domain(), "x"));
  EXPECT_LT(error_of(y, half_of(naive_fft(whole<T>(fft.domain(), "x"), first, c.shape.size(), -1))), kTolerance<T>);
  // A random spectrum is not Hermitian: the inverse has to ignore what numpy ignores.
  const auto modes = random_tensor<Complex>(fft.range(), "modes");
  EXPECT_LT(error_of(fft.inverse(modes), naive_real_inverse(whole<Complex>(fft.range(), "modes"), c.shape, first)),
            kTolerance<T>);
  EXPECT_TRUE(adjoint_test(fft, 5).passes(kAdjointTolerance<T>));
}

bool fft_available() { return world()->device().is_cuda() || BoxFft<double>::available(); }

#define SKIP_WITHOUT_FFT() \
  if (!fft_available()) GTEST_SKIP() << "this build has no FFTW"

class DistributedFftOf : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(Cases, DistributedFftOf, testing::ValuesIn(cases()));
/// More cells than fit one chunk.
INSTANTIATE_TEST_SUITE_P(Large, DistributedFftOf, testing::Values(Case{{40, 36, 34}, 3}));

TEST_P(DistributedFftOf, AgreesWithTheDefinitionOnEveryPartition) {
  SKIP_WITHOUT_FFT();
  const bool large = volume(GetParam().shape) > 10000;
  for (const Shape& grid : all_partitions(world()->size(), GetParam().shape.size())) {
    SCOPED_TRACE(to_string(GetParam()) + " on " + tessera::to_string(grid));
    const Partition partition(world(), grid);
    for (const FftOrder order : {FftOrder::transposed, FftOrder::natural}) {
      expect_complex<double>(GetParam(), partition, {order, FftPlanning::estimate, FftExchange::automatic});
      expect_real<double>(GetParam(), partition, {order, FftPlanning::estimate, FftExchange::automatic});
    }
    if (large) break;
  }
}

TEST_P(DistributedFftOf, WorksInSinglePrecisionAndByMessages) {
  SKIP_WITHOUT_FFT();
  for (const Shape& grid : all_partitions(world()->size(), GetParam().shape.size())) {
    SCOPED_TRACE(to_string(GetParam()) + " on " + tessera::to_string(grid));
    const Partition partition(world(), grid);
    expect_complex<float>(GetParam(), partition, {FftOrder::transposed, FftPlanning::estimate, FftExchange::messages});
    expect_real<float>(GetParam(), partition, {FftOrder::natural, FftPlanning::estimate, FftExchange::messages});
    if (volume(GetParam().shape) > 10000) break;
  }
}

TEST(DistributedFft, WorksWithIdleRanksListedInAnyOrder) {
  SKIP_WITHOUT_FFT();
  std::vector<int> ranks(static_cast<std::size_t>(world()->size()));
  std::iota(ranks.rbegin(), ranks.rend(), 0);
  const Case c{{5, 6, 7}, 3};
  expect_complex<double>(c, Partition(world(), Shape{world()->size(), 1, 1}, ranks), {});
  expect_real<double>(c, Partition(world(), Shape{1, world()->size(), 1}, ranks), {});
  if (ranks.size() < 3) return;
  ranks.resize(2);
  expect_complex<double>(c, Partition(world(), Shape{1, 2, 1}, ranks), {});
  expect_real<double>(c, Partition(world(), Shape{2, 1, 1}, ranks), {});
}

/// Lines too long for one chunk of all axes are transformed axis by axis.
TEST(DistributedFft, TransformsLargePlanesAxisByAxis) {
  SKIP_WITHOUT_FFT();
  const Shape shape{3, 700, 300};
  const Partition partition(world(), Shape{world()->size(), 1, 1});
  const DistributedRealFft<double> fft(shape, 3, partition);
  // A plane wave has one mode and its conjugate, which the half spectrum leaves out.
  DistTensor<double> x(fft.domain());
  fill(x, [](Index cell) {
    const double turn = static_cast<double>(cell / (700 * 300)) / 3.0 +
                        11.0 * static_cast<double>(cell / 300 % 700) / 700.0 +
                        7.0 * static_cast<double>(cell % 300) / 300.0;
    return 2.0 * std::cos(2.0 * std::numbers::pi * turn);
  });
  const auto y = fft.forward(x);
  const double cells = static_cast<double>(volume(shape));
  const HostInput<std::complex<double>> modes(y.local());
  double error = 0.0;
  for_each_row(y.shape(), y.box(), [&](Index offset, Index local, Index length) {
    for (Index i = 0; i < length; ++i) {
      const double expected = offset + i == (1 * 700 + 11) * 151 + 7 ? cells : 0.0;
      error = std::max(error, std::abs(modes.data()[local + i] - expected) / cells);
    }
  });
  EXPECT_LT(error, 1e-13);
  EXPECT_LT(largest_difference(fft.inverse(y), x), 1e-12);
}

/// On a CPU with up to three ranks these tiles are too large for the caches and stored past them.
TEST(DistributedFft, TransformsTilesLargerThanTheCaches) {
  SKIP_WITHOUT_FFT();
  const Shape shape{96, 84, 128};
  const Shape cell{5, 80, 127};
  for (const FftExchange exchange : {FftExchange::automatic, FftExchange::messages}) {
    const DistributedFft<double> fft(shape, 3, {world(), Shape{world()->size(), 1, 1}},
                                     {FftOrder::transposed, FftPlanning::estimate, exchange});
    // One cell of 1 has every mode, each of absolute value 1.
    DistTensor<std::complex<double>> x(fft.domain());
    const Index at = (cell[0] * shape[1] + cell[1]) * shape[2] + cell[2];
    fill(x, [&](Index i) { return i == at ? 1.0 : 0.0; });
    const auto y = fft.forward(x);
    const HostInput<std::complex<double>> modes(y.local());
    double error = 0.0;
    for_each_row(shape, y.box(), [&](Index offset, Index local, Index length) {
      const auto row = unit_root(cell[0] * (offset / (shape[1] * shape[2])), shape[0]) *
                       unit_root(cell[1] * (offset / shape[2] % shape[1]), shape[1]);
      for (Index i = 0; i < length; ++i) {
        const auto expected = std::conj(row * unit_root(cell[2] * (offset % shape[2] + i), shape[2]));
        error = std::max(error, std::abs(modes.data()[local + i] - expected));
      }
    });
    EXPECT_LT(error, 1e-12);
    EXPECT_LT(largest_difference(fft.inverse(y), x), 1e-13);
  }
}

TEST(DistributedFft, MeasuredPlansAgree) {
  SKIP_WITHOUT_FFT();
  const Partition partition(world(), Shape{1, world()->size(), 1});
  const DistributedFftOptions measured{FftOrder::natural, FftPlanning::measure, FftExchange::automatic};
  expect_complex<float>({{6, 8, 10}, 3}, partition, measured);
  expect_real<float>({{6, 8, 10}, 3}, partition, measured);
}

/// Transforms to reals like to overwrite what they read.
TEST(DistributedFft, LeavesItsInputAsItWas) {
  SKIP_WITHOUT_FFT();
  const Shape shape{2, 12, 5, 6};
  for (const Shape& grid : all_partitions(world()->size(), shape.size())) {
    const DistributedRealFft<double> fft(shape, 3, {world(), grid});
    const auto x = random_tensor<double>(fft.domain(), "x");
    const auto y = random_tensor<std::complex<double>>(fft.range(), "y");
    fft.forward(x);
    fft.inverse(y);
    fft.adjoint(y);
    EXPECT_EQ(largest_difference(x, random_tensor<double>(fft.domain(), "x")), 0.0) << tessera::to_string(grid);
    EXPECT_EQ(largest_difference(y, random_tensor<std::complex<double>>(fft.range(), "y")), 0.0)
        << tessera::to_string(grid);
  }
}

TEST(DistributedFft, KeepsThePartitionInNaturalOrder) {
  SKIP_WITHOUT_FFT();
  const Partition partition(world(), Shape{world()->size(), 1, 1});
  const DistributedFft<double> natural({12, 12, 4}, 3, partition, {FftOrder::natural, {}, {}});
  EXPECT_EQ(natural.range(), natural.domain());
  if (world()->size() == 1) return;
  const DistributedFft<double> transposed({12, 12, 4}, 3, partition);
  EXPECT_EQ(transposed.range().partition.grid(), RankGrid({1, world()->size(), 1}));
  EXPECT_NE(transposed.describe().find("axis 0"), std::string::npos);
}

/// One exchange: a rank of a slab sends all of its tile but the part that stays.
TEST(DistributedFft, BooksWhatItSends) {
  SKIP_WITHOUT_FFT();
  const Index ranks = world()->size();
  const Shape shape{12, 12, 4};
  for (const FftExchange exchange : {FftExchange::automatic, FftExchange::messages}) {
    const DistributedFft<double> fft(shape, 3, Partition(world(), Shape{ranks, 1, 1}),
                                     {FftOrder::transposed, FftPlanning::estimate, exchange});
    world()->ledger().clear();
    fft.forward(random_tensor<std::complex<double>>(fft.domain(), "x"));
    const Traffic sent = world()->ledger().of("DistributedFft");
    EXPECT_EQ(sent.messages, ranks - 1);
    EXPECT_EQ(sent.bytes, 16 * 12 * 12 * 4 / ranks * (ranks - 1) / ranks);
  }
}

TEST(DistributedFft, RefusesWhatDoesNotFit) {
  SKIP_WITHOUT_FFT();
  const Partition partition(world(), Shape{world()->size()});
  EXPECT_THROW(DistributedFft<double>({4, 4}, 3, partition), ShapeError);
  EXPECT_THROW(DistributedFft<double>({4, 4}, 0, partition), ShapeError);
  EXPECT_THROW(DistributedFft<double>({4, 4, 4, 4, 4}, 5, partition), ShapeError);
  EXPECT_THROW(DistributedRealFft<double>({4, 0}, 2, partition), ShapeError);
  const RankGrid copies({world()->size()}, {RankGrid::kReplicate});
  if (world()->size() > 1) {
    EXPECT_THROW(DistributedFft<double>({4, 4}, 2, Partition(world(), copies)), PartitionError);
  }
  const DistributedFft<double> fft({6, 4}, 2, partition);
  DistTensor<std::complex<double>> other({{6, 5}, partition});
  DistTensor<std::complex<double>> y(fft.range());
  EXPECT_THROW(fft.forward_into(other, y), ShapeError);
  EXPECT_THROW(fft.inverse_into(y, other), ShapeError);
}

TEST(DistributedFft, SaysThatABuildHasNoFftw) {
  if (fft_available()) GTEST_SKIP() << "this build has an FFT";
  EXPECT_THROW(DistributedFft<double>({4, 4}, 2, Partition(world(), Shape{world()->size()})), FftError);
  EXPECT_THROW(DistributedRealFft<double>({4, 4}, 2, Partition(world(), Shape{world()->size()})), FftError);
}

}  // namespace
}  // namespace tessera
