#pragma once

/// \file
/// How the figures see numbers: ranges and fields, colours for values (Colormap, ColorScale), and marks at round values
/// (tick_values, Ticks). Purely local.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tessera/core/shape.hpp"

namespace tessera {

/// An sRGB colour, 8 bits per channel.
struct Color {
  std::uint8_t red = 0;
  std::uint8_t green = 0;
  std::uint8_t blue = 0;

  friend bool operator==(const Color&, const Color&) = default;
};

inline constexpr Color kBlack{0, 0, 0};
inline constexpr Color kWhite{255, 255, 255};

/// What a value that is not a finite number is drawn in.
inline constexpr Color kMissingColor{178, 178, 178};

/// (1 - weight) a + weight b per sRGB channel, rounded; weight is clamped to [0, 1].
Color mix(Color a, Color b, double weight);

/// A map [0, 1] -> Color: linear interpolation between the entries of a small, evenly spaced table.
class Colormap {
 public:
  /// Sequential, dark violet to yellow, perceptually uniform, readable without colour vision. Every 17th entry of the
  /// 256 of "viridis" by Smith, van der Walt and Firing (matplotlib, CC0).
  static Colormap viridis();

  /// Sequential, black over magenta to cream. Every 17th entry of "magma", by the same authors (CC0).
  static Colormap magma();

  /// Diverging, dark blue over white at 0.5 to dark red, the two arms of equal darkness.
  static Colormap blue_white_red();

  /// The map called "viridis", "magma" or "blue_white_red". Throws ArgumentError for another name.
  static Colormap named(std::string_view name);

  /// Colour of a value; values outside [0, 1] take the colour of the nearer end, NaN is kMissingColor.
  Color color(double value) const;

 private:
  explicit Colormap(std::span<const std::uint32_t> table) : table_(table) {}

  std::span<const std::uint32_t> table_;  // 0xRRGGBB, of static storage duration
};

/// The closed interval [low, high].
struct ValueRange {
  double low = 0;
  double high = 1;

  /// The empty range, the start of a search for the least and the greatest value.
  static ValueRange nothing();
  bool empty() const { return low > high; }

  /// Grows until it holds the value; ignores what is not finite.
  void include(double value);

  /// A range with an inside: 10% of its magnitude (1 if that is 0) of room on both sides of a constant; [0, 1] for the
  /// empty range; any other range unchanged.
  ValueRange widened() const;

  /// The range with a share of its length added at both ends.
  ValueRange padded(double share) const;
};

enum class Interpolation { nearest, bilinear };

/// A scalar field on a grid of cells, row-major [height, width]. Cell (i, j) covers [i, i+1) x [j, j+1). What is not
/// finite counts as missing.
struct Field {
  Index height = 0;
  Index width = 0;
  std::vector<double> values;

  /// The value at a position within the field; bilinear between the centres of the cells, constant beyond the
  /// outermost ones. Inside a missing cell NaN; other cells do not see missing neighbours.
  double at(double row, double column, Interpolation interpolation) const;

  /// Mean over the cells that [row, row_end) x [column, column_end) touches; not finite when one of them is missing.
  double mean(double row, double row_end, double column, double column_end) const;
};

/// A colour map stretched over a range of values.
struct ColorScale {
  Colormap colors;
  ValueRange range;

  /// Colour of a value; beyond the range that of the nearer end, kMissingColor for what is not finite.
  Color color(double value) const;
};

/// The round values of [low, high]: the multiples of the smallest step 1, 2 or 5 times a power of ten that gives at
/// most `count` of them, ascending; at least one. {low} when low and high agree to twelve digits.
/// Throws ArgumentError when low or high is not finite, low > high or count < 2.
std::vector<double> tick_values(double low, double high, Index count);

/// Marks on an axis: where, and what stands beside them (UTF-8).
struct Ticks {
  std::vector<double> values;
  std::vector<std::string> labels;
  std::string factor;  ///< by which every label is to be multiplied, for example "×10⁻⁶"; empty for 1
};

/// At most `count` ticks at tick_values, all labels with the same number of decimals.
Ticks linear_ticks(ValueRange range, Index count);

/// At most `count` ticks for an axis that shows base-10 logarithms; range and tick values are logarithms, the labels
/// are not. 1-2-5 times powers of ten where that is few enough, otherwise decades (evenly thinned out) where two or
/// more lie in the range, otherwise evenly spaced values.
Ticks logarithmic_ticks(ValueRange range, Index count);

}  // namespace tessera
