#include "tessera/core/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tessera/core/error.hpp"

namespace tessera {
namespace {

TEST(RandomStream, DependsOnSeedNameAndIndexAlone) {
  const RandomStream stream(5, "weights");
  const RandomStream same(5, "weights");
  // Read in another order.
  std::vector<std::uint64_t> backwards;
  for (std::uint64_t i = 100; i-- > 0;) backwards.push_back(same.bits(i));
  for (std::uint64_t i = 0; i < 100; ++i) EXPECT_EQ(stream.bits(i), backwards[99 - i]);
}

TEST(RandomStream, DiffersBetweenSeedsNamesAndIndices) {
  const RandomStream stream(5, "weights");
  std::vector<std::uint64_t> seen;
  for (const RandomStream& other :
       {stream, RandomStream(6, "weights"), RandomStream(5, "weightt"), RandomStream(5, "")}) {
    for (std::uint64_t i = 0; i < 1000; ++i) seen.push_back(other.bits(i));
  }
  // Indices past 2^32 count too.
  seen.push_back(stream.bits(std::uint64_t{1} << 32));
  seen.push_back(RandomStream(5 + (std::uint64_t{1} << 32), "weights").bits(0));
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(std::adjacent_find(seen.begin(), seen.end()), seen.end());
}

/// Values of an independent Philox4x32-10 (checked against the known answers of Random123): counter words
/// (index, FNV-1a of "a"), key words (1, 0).
TEST(RandomStream, IsPhilox) {
  const RandomStream stream(1, "a");
  EXPECT_EQ(stream.bits(0), 9305223302074895107u);
  EXPECT_EQ(stream.bits((std::uint64_t{7} << 32) + 3), 2929577643830260418u);
}

TEST(RandomStream, UniformNumbersFillTheUnitInterval) {
  const RandomStream stream(12, "uniform");
  constexpr int kCount = 100000;
  double sum = 0.0, squares = 0.0, smallest = 1.0, largest = 0.0;
  for (std::uint64_t i = 0; i < kCount; ++i) {
    const double value = stream.uniform(i);
    sum += value;
    squares += value * value;
    smallest = std::min(smallest, value);
    largest = std::max(largest, value);
  }
  EXPECT_GE(smallest, 0.0);
  EXPECT_LT(largest, 1.0);
  EXPECT_LT(smallest, 1e-3);
  EXPECT_GT(largest, 1.0 - 1e-3);
  // Five standard deviations of each mean.
  EXPECT_NEAR(sum / kCount, 0.5, 5 * std::sqrt(1.0 / 12 / kCount));
  EXPECT_NEAR(squares / kCount, 1.0 / 3, 5 * std::sqrt(4.0 / 45 / kCount));
}

TEST(RandomStream, NormalNumbersHaveTheNormalMoments) {
  const RandomStream stream(12, "normal");
  constexpr int kCount = 200000;
  double moments[5] = {};
  for (std::uint64_t i = 0; i < kCount; ++i) {
    const double value = stream.normal(i);
    double power = value;
    for (int order = 1; order <= 4; ++order, power *= value) moments[order] += power / kCount;
  }
  // Five standard deviations: the variances of x, x^2, x^3, x^4 are 1, 2, 15, 96.
  EXPECT_NEAR(moments[1], 0.0, 5 * std::sqrt(1.0 / kCount));
  EXPECT_NEAR(moments[2], 1.0, 5 * std::sqrt(2.0 / kCount));
  EXPECT_NEAR(moments[3], 0.0, 5 * std::sqrt(15.0 / kCount));
  EXPECT_NEAR(moments[4], 3.0, 5 * std::sqrt(96.0 / kCount));
}

TEST(RandomStream, NeighbouringNumbersAreUncorrelated) {
  const RandomStream stream(3, "pairs");
  constexpr int kCount = 100000;
  double product = 0.0;
  for (std::uint64_t i = 0; i < kCount; ++i) product += stream.normal(i) * stream.normal(i + 1) / kCount;
  EXPECT_NEAR(product, 0.0, 5 * std::sqrt(1.0 / kCount));
}

TEST(RandomStream, PermutationsHoldEveryNumberOnce) {
  const RandomStream stream(8, "shuffle");
  for (const Index count : {0, 1, 2, 17, 1000}) {
    auto order = stream.permutation(count);
    EXPECT_EQ(order, stream.permutation(count));
    std::vector<Index> identity(static_cast<std::size_t>(count));
    std::iota(identity.begin(), identity.end(), Index{0});
    EXPECT_EQ(order == identity, count < 2 || (count == 2 && order[0] == 0));
    std::sort(order.begin(), order.end());
    EXPECT_EQ(order, identity);
  }
}

TEST(RandomStream, DrawsEveryPermutationEquallyOften) {
  int counts[27] = {};
  constexpr int kDraws = 6000;
  for (std::uint64_t seed = 0; seed < kDraws; ++seed) {
    const auto order = RandomStream(seed, "shuffle").permutation(3);
    ++counts[order[0] * 9 + order[1] * 3 + order[2]];
  }
  for (const int index : {5, 7, 11, 15, 19, 21}) EXPECT_NEAR(counts[index], 1000, 150) << index;
}

TEST(RandomStream, RefusesPermutationsOfANegativeCount) {
  EXPECT_THROW(RandomStream(1, "shuffle").permutation(-1), ArgumentError);
}

}  // namespace
}  // namespace tessera
