#include "tessera/io/colormap.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <utility>

#include "tessera/core/error.hpp"

namespace tessera {
namespace {

constexpr std::array<std::uint32_t, 16> kViridis{0x440154, 0x481A6C, 0x472F7D, 0x414487, 0x39568C, 0x31688E,
                                                 0x2A788E, 0x23888E, 0x1F988B, 0x22A884, 0x35B779, 0x54C568,
                                                 0x7AD151, 0xA5DB36, 0xD2E21B, 0xFDE725};

constexpr std::array<std::uint32_t, 16> kMagma{0x000004, 0x0B0924, 0x20114B, 0x3B0F70, 0x57157E, 0x721F81,
                                               0x8C2981, 0xA8327D, 0xC43C75, 0xDE4968, 0xF1605D, 0xFA7F5E,
                                               0xFE9F6D, 0xFEBF84, 0xFDDEA0, 0xFCFDBF};

constexpr std::array<std::uint32_t, 9> kBlueWhiteRed{0x16356F, 0x2A63AB, 0x6A9FD0, 0xB8D3EA, 0xFFFFFF,
                                                     0xF3C6B6, 0xDD8570, 0xB8403A, 0x76151F};

Color unpack(std::uint32_t rgb) {
  return {static_cast<std::uint8_t>(rgb >> 16 & 0xFF), static_cast<std::uint8_t>(rgb >> 8 & 0xFF),
          static_cast<std::uint8_t>(rgb & 0xFF)};
}

std::uint8_t mix_channel(std::uint8_t a, std::uint8_t b, double weight) {
  return static_cast<std::uint8_t>(std::lround((1 - weight) * a + weight * b));
}

std::string formatted(const char* pattern, int digits, double value) {
  std::array<char, 64> buffer{};
  std::snprintf(buffer.data(), buffer.size(), pattern, digits, value);
  std::string text = buffer.data();
  if (text.front() == '-') text.replace(0, 1, "−");
  return text;
}

std::string power_of_ten(int exponent) {
  constexpr std::array kSuperscripts{"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string text = exponent < 0 ? "10⁻" : "10";
  for (const char digit : std::to_string(std::abs(exponent)))
    text += kSuperscripts[static_cast<std::size_t>(digit - '0')];
  return text;
}

/// Labels whose decimals follow from the first two values' distance; very large or small values share a power of ten.
Ticks labelled(std::vector<double> values) {
  double magnitude = 0;
  for (const double value : values) magnitude = std::max(magnitude, std::abs(value));
  int exponent = magnitude > 0 ? static_cast<int>(std::floor(std::log10(magnitude) + 1e-9)) : 0;
  if (exponent >= -3 && exponent < 5) exponent = 0;
  const double unit = std::pow(10.0, exponent);
  const double step = values.size() > 1 ? (values[1] - values[0]) / unit : 1;
  const int decimals = std::clamp(-static_cast<int>(std::floor(std::log10(step) + 1e-9)), 0, 15);
  Ticks ticks;
  for (const double value : values) {
    ticks.labels.push_back(values.size() > 1 ? formatted("%.*f", decimals, value / unit)
                                             : formatted("%.*g", 4, value / unit));
  }
  if (exponent != 0) ticks.factor = "×" + power_of_ten(exponent);
  ticks.values = std::move(values);
  return ticks;
}

}  // namespace

Color mix(Color a, Color b, double weight) {
  const double w = std::clamp(weight, 0.0, 1.0);
  return {mix_channel(a.red, b.red, w), mix_channel(a.green, b.green, w), mix_channel(a.blue, b.blue, w)};
}

Colormap Colormap::viridis() { return Colormap(kViridis); }

Colormap Colormap::magma() { return Colormap(kMagma); }

Colormap Colormap::blue_white_red() { return Colormap(kBlueWhiteRed); }

Colormap Colormap::named(std::string_view name) {
  if (name == "viridis") return viridis();
  if (name == "magma") return magma();
  if (name == "blue_white_red") return blue_white_red();
  throw ArgumentError("Colormap::named: expected viridis, magma or blue_white_red, got '" + std::string(name) + "'");
}

Color Colormap::color(double value) const {
  if (std::isnan(value)) return kMissingColor;
  const double position = std::clamp(value, 0.0, 1.0) * static_cast<double>(table_.size() - 1);
  const auto below = std::min(static_cast<std::size_t>(position), table_.size() - 2);
  return mix(unpack(table_[below]), unpack(table_[below + 1]), position - static_cast<double>(below));
}

ValueRange ValueRange::nothing() {
  return {std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
}

void ValueRange::include(double value) {
  if (!std::isfinite(value)) return;
  low = std::min(low, value);
  high = std::max(high, value);
}

ValueRange ValueRange::widened() const {
  if (empty()) return {0, 1};
  const double magnitude = std::max(std::abs(low), std::abs(high));
  if (high - low > 1e-9 * magnitude) return *this;
  const double room = magnitude > 0 ? 0.1 * magnitude : 1;
  return {low - room, high + room};
}

ValueRange ValueRange::padded(double share) const {
  const double room = share * (high - low);
  return {low - room, high + room};
}

double Field::at(double row, double column, Interpolation interpolation) const {
  const auto cell = [&](Index i, Index j) {
    return values[std::clamp<Index>(i, 0, height - 1) * width + std::clamp<Index>(j, 0, width - 1)];
  };
  const auto own_row = static_cast<Index>(std::floor(row)), own_column = static_cast<Index>(std::floor(column));
  const double own = cell(own_row, own_column);
  if (interpolation == Interpolation::nearest) return own;
  // A missing cell stays a whole cell: it neither shrinks nor bleeds into its neighbours.
  if (!std::isfinite(own)) return std::numeric_limits<double>::quiet_NaN();
  const double y = row - 0.5, x = column - 0.5;
  double sum = 0, weights = 0;
  for (const double i : {std::floor(y), std::floor(y) + 1}) {
    for (const double j : {std::floor(x), std::floor(x) + 1}) {
      const double weight = (1 - std::abs(y - i)) * (1 - std::abs(x - j));
      const double value = cell(static_cast<Index>(i), static_cast<Index>(j));
      if (!std::isfinite(value)) continue;
      sum += weight * value;
      weights += weight;
    }
  }
  return sum / weights;
}

double Field::mean(double row, double row_end, double column, double column_end) const {
  double sum = 0;
  double count = 0;
  for (auto i = static_cast<Index>(row); i < std::min(height, static_cast<Index>(std::ceil(row_end))); ++i) {
    for (auto j = static_cast<Index>(column); j < std::min(width, static_cast<Index>(std::ceil(column_end))); ++j) {
      sum += values[i * width + j];
      ++count;
    }
  }
  return sum / count;
}

Color ColorScale::color(double value) const {
  if (!std::isfinite(value)) return kMissingColor;
  return colors.color((value - range.low) / (range.high - range.low));
}

std::vector<double> tick_values(double low, double high, Index count) {
  if (!std::isfinite(low) || !std::isfinite(high) || low > high || count < 2) {
    throw ArgumentError("tick_values: expected finite low <= high and count >= 2, got low " + std::to_string(low) +
                        ", high " + std::to_string(high) + ", count " + std::to_string(count));
  }
  constexpr double kSmallestSpan = 1e-290;
  const auto most = static_cast<double>(count);
  const double magnitude = std::max(std::abs(low), std::abs(high));
  const double mean_step = high / most - low / most;
  if (mean_step * most <= std::max(1e-12 * magnitude, kSmallestSpan)) return {low};
  for (int exponent = static_cast<int>(std::floor(std::log10(mean_step)));; ++exponent) {
    const double power = std::pow(10.0, std::abs(exponent));
    for (const double digit : {1.0, 2.0, 5.0}) {
      // Dividing by the exact power 10^k keeps 3 * 0.1 at 0.3.
      const auto multiple = [&](double k) { return exponent < 0 ? k * digit / power : k * digit * power; };
      const double first = std::ceil(low / multiple(1) - 1e-9);
      const double last = std::floor(high / multiple(1) + 1e-9);
      if (last - first + 1 > most) continue;
      std::vector<double> values;
      for (double k = first; k <= last; ++k) values.push_back(multiple(k) + 0.0);
      return values;
    }
  }
}

Ticks linear_ticks(ValueRange range, Index count) { return labelled(tick_values(range.low, range.high, count)); }

Ticks logarithmic_ticks(ValueRange range, Index count) {
  const double first = std::ceil(range.low), last = std::floor(range.high);
  std::vector<double> values;
  for (double decade = first - 1; decade <= last; ++decade) {
    for (const double digit : {1.0, 2.0, 5.0}) {
      const double logarithm = decade + std::log10(digit);
      if (logarithm >= range.low && logarithm <= range.high) values.push_back(std::pow(10.0, decade) * digit);
    }
  }
  const bool few = values.size() >= 2 && static_cast<Index>(values.size()) <= count;
  Ticks ticks;
  if (few || last - first < 1) {
    ticks = few ? labelled(std::move(values))
                : linear_ticks({std::pow(10.0, range.low), std::pow(10.0, range.high)}, count);
    for (double& value : ticks.values) value = std::log10(value);
    if (ticks.factor.empty() || last - first < 1) return ticks;
  }
  ticks = {};
  const double stride = std::ceil((last - first + 1) / static_cast<double>(count));
  for (double decade = first; decade <= last; decade += stride) {
    ticks.values.push_back(decade);
    ticks.labels.push_back(power_of_ten(static_cast<int>(decade)));
  }
  return ticks;
}

}  // namespace tessera
