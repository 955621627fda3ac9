#include "tessera/io/colormap.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "tessera/core/error.hpp"

namespace tessera {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(TickValues, AreRound) {
  EXPECT_EQ(tick_values(0, 1, 6), (std::vector<double>{0, 0.2, 0.4, 0.6, 0.8, 1}));
  EXPECT_EQ(tick_values(0.5, 41.2, 6), (std::vector<double>{10, 20, 30, 40}));
  EXPECT_EQ(tick_values(-0.13, 0.13, 6), (std::vector<double>{-0.1, -0.05, 0, 0.05, 0.1}));
  EXPECT_EQ(tick_values(-3e7, 4e7, 4), (std::vector<double>{-2e7, 0, 2e7, 4e7}));
  EXPECT_EQ(tick_values(2.5, 2.5, 5), (std::vector<double>{2.5}));
  EXPECT_FALSE(std::signbit(tick_values(-0.3, 1, 3).front()));
}

TEST(TickValues, HoldTheirPromisesForRandomRanges) {
  std::mt19937_64 generator(20240817);
  std::uniform_real_distribution<double> uniform(-1, 1);
  for (int trial = 0; trial < 2000; ++trial) {
    const double scale = std::pow(10.0, 12 * uniform(generator));
    const double a = scale * uniform(generator), b = scale * uniform(generator);
    const Index count = 2 + trial % 9;
    const std::vector<double> values = tick_values(std::min(a, b), std::max(a, b), count);
    ASSERT_GE(values.size(), 1U) << a << " " << b << " " << count;
    ASSERT_LE(values.size(), static_cast<std::size_t>(count)) << a << " " << b;
    const double slack = 1e-8 * (std::max(a, b) - std::min(a, b));
    EXPECT_GE(values.front(), std::min(a, b) - slack);
    EXPECT_LE(values.back(), std::max(a, b) + slack);
    for (std::size_t k = 2; k < values.size(); ++k) {
      EXPECT_NEAR(values[k] - values[k - 1], values[1] - values[0], 1e-9 * scale);
    }
  }
}

TEST(TickValues, RefuseWhatIsNoRange) {
  EXPECT_THROW(tick_values(1, 0, 5), ArgumentError);
  EXPECT_THROW(tick_values(0, 1, 1), ArgumentError);
  EXPECT_THROW(tick_values(kNan, 1, 5), ArgumentError);
  EXPECT_THROW(tick_values(0, kInfinity, 5), ArgumentError);
}

TEST(Ticks, LabelsShareDecimalsOrAPowerOfTen) {
  EXPECT_EQ(linear_ticks({-0.5, 1}, 4).labels, (std::vector<std::string>{"−0.5", "0.0", "0.5", "1.0"}));
  EXPECT_EQ(linear_ticks({0, 41}, 6).labels, (std::vector<std::string>{"0", "10", "20", "30", "40"}));
  EXPECT_EQ(linear_ticks({0, 1}, 6).factor, "");
  const Ticks small = linear_ticks({-2.1e-6, 2.1e-6}, 5);
  EXPECT_EQ(small.labels, (std::vector<std::string>{"−2", "−1", "0", "1", "2"}));
  EXPECT_EQ(small.factor, "×10⁻⁶");
  EXPECT_EQ(linear_ticks({0, 3e12}, 4).factor, "×10¹²");
}

TEST(Ticks, OfALogarithmicAxis) {
  EXPECT_EQ(logarithmic_ticks({-4.2, 0.3}, 6).labels,
            (std::vector<std::string>{"10⁻⁴", "10⁻³", "10⁻²", "10⁻¹", "10⁰"}));
  EXPECT_EQ(logarithmic_ticks({-12, 0}, 6).values, (std::vector<double>{-12, -9, -6, -3, 0}));
  const Ticks narrow = logarithmic_ticks({-2.1, -0.9}, 6);
  EXPECT_EQ(narrow.labels, (std::vector<std::string>{"0.01", "0.02", "0.05", "0.10"}));
  EXPECT_NEAR(narrow.values[1], std::log10(0.02), 1e-12);
  const Ticks tiny = logarithmic_ticks({std::log10(0.61), std::log10(0.72)}, 6);
  EXPECT_GE(tiny.values.size(), 2U);
  EXPECT_NEAR(std::pow(10, tiny.values.front()), std::stod(tiny.labels.front()), 1e-12);
}

TEST(Colormap, EndsAndMiddle) {
  EXPECT_EQ(Colormap::viridis().color(0), (Color{0x44, 0x01, 0x54}));
  EXPECT_EQ(Colormap::viridis().color(1), (Color{0xFD, 0xE7, 0x25}));
  EXPECT_EQ(Colormap::magma().color(0), (Color{0x00, 0x00, 0x04}));
  EXPECT_EQ(Colormap::magma().color(1), (Color{0xFC, 0xFD, 0xBF}));
  EXPECT_EQ(Colormap::blue_white_red().color(0.5), kWhite);
  EXPECT_GT(Colormap::blue_white_red().color(0).blue, Colormap::blue_white_red().color(0).red);
  EXPECT_GT(Colormap::blue_white_red().color(1).red, Colormap::blue_white_red().color(1).blue);
  EXPECT_EQ(Colormap::viridis().color(-3), Colormap::viridis().color(0));
  EXPECT_EQ(Colormap::viridis().color(kInfinity), Colormap::viridis().color(1));
  EXPECT_EQ(Colormap::viridis().color(kNan), kMissingColor);
  EXPECT_EQ(Colormap::named("magma").color(0.3), Colormap::magma().color(0.3));
  EXPECT_THROW(Colormap::named("jet"), ArgumentError);
}

TEST(Colormap, SequentialMapsGrowLighter) {
  for (const Colormap& map : {Colormap::viridis(), Colormap::magma()}) {
    double previous = -1;
    for (int k = 0; k <= 50; ++k) {
      const Color color = map.color(k / 50.0);
      const double lightness = 0.2126 * color.red + 0.7152 * color.green + 0.0722 * color.blue;
      EXPECT_GT(lightness, previous) << k;
      previous = lightness;
    }
  }
}

TEST(ColorScale, GreysWhatIsNotFinite) {
  const ColorScale scale{Colormap::viridis(), {2, 4}};
  EXPECT_EQ(scale.color(2), Colormap::viridis().color(0));
  EXPECT_EQ(scale.color(9), Colormap::viridis().color(1));
  EXPECT_EQ(scale.color(kInfinity), kMissingColor);
}

TEST(ValueRange, GrowsAndWidens) {
  ValueRange range = ValueRange::nothing();
  EXPECT_TRUE(range.empty());
  EXPECT_EQ(range.widened().high, 1);
  range.include(kNan);
  EXPECT_TRUE(range.empty());
  range.include(-20);
  EXPECT_EQ(range.widened().low, -22);
  EXPECT_EQ(range.widened().high, -18);
  range.include(5);
  EXPECT_EQ(range.widened().low, -20);
  EXPECT_EQ(range.padded(0.1).high, 7.5);
}

TEST(Field, IsInterpolatedBetweenCellCentres) {
  const Field field{2, 3, {0, 1, 2, 10, 11, kNan}};
  EXPECT_EQ(field.at(0.5, 1.5, Interpolation::bilinear), 1);
  EXPECT_EQ(field.at(1, 1, Interpolation::bilinear), 5.5);
  EXPECT_EQ(field.at(0, 0, Interpolation::bilinear), 0);
  EXPECT_EQ(field.at(1.9, 0.1, Interpolation::bilinear), 10);
  EXPECT_EQ(field.at(1.9, 0.9, Interpolation::nearest), 10);
  EXPECT_TRUE(std::isnan(field.at(1.1, 2.1, Interpolation::bilinear)));
  EXPECT_EQ(field.at(1.5, 1.9, Interpolation::bilinear), 11);
  EXPECT_EQ(field.mean(0, 2, 0, 1.5), 5.5);
  EXPECT_TRUE(std::isnan(field.mean(0, 2, 0, 3)));
}

}  // namespace
}  // namespace tessera
