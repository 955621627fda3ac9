#include "tessera/simulation/random_field.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

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

/// Mean over samples, and the standard error of it that their scatter shows.
struct Estimate {
  explicit Estimate(const std::vector<double>& samples) {
    const auto count = static_cast<double>(samples.size());
    for (const double sample : samples) mean += sample / count;
    for (const double sample : samples) error += (sample - mean) * (sample - mean) / (count * (count - 1.0));
    error = std::sqrt(error);
  }
  double mean = 0.0, error = 0.0;
};

void expect_near(const Estimate& estimate, double expected) {
  EXPECT_LT(std::abs(estimate.mean - expected), 4.0 * estimate.error) << estimate.mean << " for " << expected;
  EXPECT_LT(estimate.error, 0.03);
}

/// The product of a cell's value with the one `lag` cells further; a sample is the mean over a field's cells.
Estimate covariance(const RandomFieldSettings& settings, const std::vector<std::vector<double>>& fields, Shape lag) {
  const Shape& grid = settings.grid;
  const Shape pairs{grid[0] - lag[0], grid[1] - lag[1], grid[2] - lag[2]};
  std::vector<double> samples;
  for (const auto& field : fields) {
    const auto at = [&](Index i, Index j, Index k) {
      return field[static_cast<std::size_t>((i * grid[1] + j) * grid[2] + k)];
    };
    double sum = 0.0;
    for (Index x = 0; x < pairs[0]; ++x) {
      for (Index y = 0; y < pairs[1]; ++y) {
        for (Index z = 0; z < pairs[2]; ++z) sum += at(x, y, z) * at(x + lag[0], y + lag[1], z + lag[2]);
      }
    }
    samples.push_back(sum / static_cast<double>(volume(pairs)));
  }
  return Estimate(samples);
}

std::vector<std::vector<double>> draw_many(const RandomFieldSettings& settings) {
  const RandomField field(settings);
  std::vector<std::vector<double>> fields;
  for (Index sample = 0; sample < kSamples; ++sample) fields.push_back(field.draw(kSeed, "test", sample));
  return fields;
}

Estimate mean(const std::vector<std::vector<double>>& fields) {
  std::vector<double> samples;
  for (const auto& field : fields) {
    samples.push_back(std::accumulate(field.begin(), field.end(), 0.0) / static_cast<double>(field.size()));
  }
  return Estimate(samples);
}

TEST(RandomField, HasTheMeanTheVarianceAndTheCovarianceAskedFor) {
  for (const Covariance kind : {Covariance::gaussian, Covariance::exponential, Covariance::von_karman}) {
    RandomFieldSettings settings = small();
    settings.covariance = kind;
    settings.hurst = 0.5;  // then the von Karman covariance is the exponential one
    const auto expected = [&](double r) { return kind == Covariance::gaussian ? std::exp(-r * r) : std::exp(-r); };
    const auto fields = draw_many(settings);
    expect_near(mean(fields), 0.0);
    expect_near(covariance(settings, fields, {0, 0, 0}), 1.0);
    expect_near(covariance(settings, fields, {3, 0, 0}), expected(1.0));
    expect_near(covariance(settings, fields, {0, 2, 0}), expected(1.0));
    expect_near(covariance(settings, fields, {0, 0, 4}), expected(2.0));
    expect_near(covariance(settings, fields, {3, 2, 2}), expected(std::sqrt(3.0)));
    // Opposite faces are as far apart as they look.
    expect_near(covariance(settings, fields, {7, 0, 0}), expected(7.0 / 3.0));
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
