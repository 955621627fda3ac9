#pragma once

/// \file
/// Axes of the figures: sizes, frames, and ticks that fit. Internal to the room.

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "tessera/io/canvas.hpp"
#include "tessera/io/colormap.hpp"

namespace tessera::detail {

inline constexpr double kText = 20;  // em sizes, line widths and distances in pixels
inline constexpr double kTitle = 26;
inline constexpr double kStacked = 1.2 * kText;
inline constexpr Index kLine = 20;
inline constexpr Index kMargin = 28;
inline constexpr Index kGap = 28;
inline constexpr Index kPad = 8;
inline constexpr Index kTick = 6;
inline constexpr Index kTickPad = 5;
inline constexpr Index kThinnestPanel = 24;
inline constexpr Index kMostTicks = 6;
inline constexpr Color kInk{34, 34, 34};

inline double real(Index value) { return static_cast<double>(value); }

/// Whole pixels that hold the length.
inline Index pixels(double length) { return static_cast<Index>(std::ceil(length)); }

struct Frame {
  Index left = 0, top = 0, width = 0, height = 0;

  Index right() const { return left + width; }
  Index bottom() const { return top + height; }
  Point center() const { return {real(left) + real(width) / 2, real(top) + real(height) / 2}; }
};

inline constexpr double kUnlimited = std::numeric_limits<double>::infinity();

TextStyle centered(VerticalAlign vertical, double longest = kUnlimited, double size = kText);
TextStyle upward(double longest);
TextStyle beside(HorizontalAlign horizontal, double longest = kUnlimited);

double widest(const Font& font, const std::vector<std::string>& texts);

/// Whether labels that each take `room` pixels stay apart along an axis of `length` pixels.
bool fit(const Ticks& ticks, ValueRange range, double room, Index length);

/// As many ticks as fit along `length` pixels, side by side or, upright, on top of each other.
Ticks fitted_ticks(const Font& font, ValueRange range, Index length, bool upright = false);

/// The axis' name with the power of ten its labels share, "x  (×10⁻⁶)".
std::string with_factor(const std::string& name, const Ticks& ticks);

/// The pixel of a value that runs over the frame from its bottom to its top.
Index place_up(const Frame& frame, ValueRange range, double value);

/// Marks under the frame, or left of it, with their labels.
void draw_ticks_below(Canvas& canvas, const Font& font, const Frame& frame, ValueRange range, const Ticks& ticks);
void draw_ticks_left(Canvas& canvas, const Font& font, const Frame& frame, ValueRange range, const Ticks& ticks);

/// Throws ArgumentError, naming the figure and the quantity, unless the range is finite and has an inside.
void check_range(const char* figure, const char* what, ValueRange range);

}  // namespace tessera::detail
