#include "tessera/simulation/random_field.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tessera/core/error.hpp"
#include "tessera/core/threads.hpp"

namespace tessera {
namespace {

constexpr std::uint64_t kSeed = 20;
constexpr Index kSamples = 400;

RandomFieldSettings small() {
  RandomFieldSettings settings;
  settings.grid = {8, 6, 5};
  settings.spacing = {50.0, 50.0, 5.0};
  settings.correlation_lengths = {150.0, 100.0, 10.0};
  return settings;
}

/// Mean of the product of a cell's value with the one `lag` cells further, over all cells and samples.
double covariance(const RandomFieldSettings& settings, const std::vector<std::vector<double>>& fields, Shape lag) {
  const Shape& grid = settings.grid;
  double sum = 0.0;
  Index count = 0;
  for (const auto& field : fields) {
    for (Index x = 0; x + lag[0] < grid[0]; ++x) {
      for (Index y = 0; y + lag[1] < grid[1]; ++y) {
        for (Index z = 0; z + lag[2] < grid[2]; ++z, ++count) {
          const auto at = [&](Index i, Index j, Index k) {
            return field[static_cast<std::size_t>((i * grid[1] + j) * grid[2] + k)];
          };
          sum += at(x, y, z) * at(x + lag[0], y + lag[1], z + lag[2]);
        }
      }
    }
  }
  return sum / static_cast<double>(count);
}

std::vector<std::vector<double>> draw_many(const RandomFieldSettings& settings) {
  const RandomField field(settings);
  std::vector<std::vector<double>> fields;
  for (Index sample = 0; sample < kSamples; ++sample) fields.push_back(field.draw(kSeed, "test", sample));
  return fields;
}

double mean(const std::vector<std::vector<double>>& fields) {
  double sum = 0.0;
  for (const auto& field : fields) {
    for (const double value : field) sum += value;
  }
  return sum / static_cast<double>(fields.size() * fields.front().size());
}

TEST(RandomField, HasTheMeanTheVarianceAndTheCovarianceAskedFor) {
  for (const Covariance kind : {Covariance::gaussian, Covariance::exponential, Covariance::von_karman}) {
    RandomFieldSettings settings = small();
    settings.covariance = kind;
    settings.hurst = 0.5;  // then the von Karman covariance is the exponential one
    const auto expected = [&](double r) { return kind == Covariance::gaussian ? std::exp(-r * r) : std::exp(-r); };
    const auto fields = draw_many(settings);
    // Some 10 to 30 independent values a sample: the errors are 3 to 4 standard ones.
    constexpr double kTolerance = 0.045;
    EXPECT_NEAR(mean(fields), 0.0, kTolerance);
    EXPECT_NEAR(covariance(settings, fields, {0, 0, 0}), 1.0, kTolerance);
    EXPECT_NEAR(covariance(settings, fields, {3, 0, 0}), expected(1.0), kTolerance);
    EXPECT_NEAR(covariance(settings, fields, {0, 2, 0}), expected(1.0), kTolerance);
    EXPECT_NEAR(covariance(settings, fields, {0, 0, 4}), expected(2.0), kTolerance);
    EXPECT_NEAR(covariance(settings, fields, {3, 2, 2}), expected(std::sqrt(3.0)), kTolerance);
    // Opposite faces are as far apart as they look.
    EXPECT_NEAR(covariance(settings, fields, {7, 0, 0}), expected(7.0 / 3.0), 2 * kTolerance);
  }
}

TEST(RandomField, LittleIsClipped) {
  for (const Covariance kind : {Covariance::gaussian, Covariance::exponential, Covariance::von_karman}) {
    RandomFieldSettings settings = small();
    settings.covariance = kind;
    EXPECT_LT(RandomField(settings).clipped(), 1e-2) << static_cast<int>(kind);
  }
}

TEST(RandomField, DependsOnSeedStreamAndSampleAloneNotOnThreads) {
  const RandomField field(small());
  const auto reference = field.draw(kSeed, "test", 7);
  const int threads = thread_count();
  set_thread_count(3);
  EXPECT_EQ(RandomField(small()).draw(kSeed, "test", 7), reference);
  set_thread_count(threads);
  EXPECT_NE(field.draw(kSeed + 1, "test", 7), reference);
  EXPECT_NE(field.draw(kSeed, "other", 7), reference);
  EXPECT_NE(field.draw(kSeed, "test", 8), reference);
}

TEST(RandomField, EachBadSettingIsNamed) {
  const auto error_of = [](const RandomFieldSettings& settings) -> std::string {
    try {
      RandomField field(settings);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "no error";
  };
  RandomFieldSettings settings = small();
  settings.correlation_lengths[1] = 0.0;
  EXPECT_NE(error_of(settings).find("correlation length of axis 1"), std::string::npos) << error_of(settings);
  settings = small();
  settings.correlation_lengths[1] = 1e12;
  EXPECT_NE(error_of(settings).find("correlation length of axis 1"), std::string::npos) << error_of(settings);
  settings = small();
  settings.hurst = 1.5;
  EXPECT_NE(error_of(settings).find("hurst"), std::string::npos);
  settings = small();
  settings.grid = {4, 4};
  EXPECT_NE(error_of(settings).find("grid"), std::string::npos);
  settings = small();
  settings.spacing[2] = std::nan("");
  EXPECT_NE(error_of(settings).find("spacing of axis 2"), std::string::npos);
  EXPECT_THROW(RandomField(small()).draw(kSeed, "test", -1), ArgumentError);
}

}  // namespace
}  // namespace tessera
