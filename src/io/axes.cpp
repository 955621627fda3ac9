#include "io/axes.hpp"

#include <algorithm>

#include "tessera/core/error.hpp"

namespace tessera::detail {
namespace {

/// The room that the wider pair of neighbouring labels takes, from middle to middle.
double room_between(const Font& font, const Ticks& ticks) {
  double room = 0;
  for (std::size_t k = 1; k < ticks.labels.size(); ++k) {
    room = std::max(room, (font.width(ticks.labels[k - 1], kText) + font.width(ticks.labels[k], kText)) / 2);
  }
  return room + kText / 2;
}

Index place_across(const Frame& frame, ValueRange range, double value) {
  return frame.left + std::lround((value - range.low) / (range.high - range.low) * real(frame.width - 1));
}

}  // namespace

TextStyle centered(VerticalAlign vertical, double longest, double size) {
  return {size, kInk, HorizontalAlign::center, vertical, false, longest};
}

TextStyle upward(double longest) { return {kText, kInk, HorizontalAlign::center, VerticalAlign::top, true, longest}; }

TextStyle beside(HorizontalAlign horizontal, double longest) {
  return {kText, kInk, horizontal, VerticalAlign::middle, false, longest};
}

double widest(const Font& font, const std::vector<std::string>& texts) {
  double width = 0;
  for (const std::string& text : texts) width = std::max(width, font.width(text, kText));
  return width;
}

bool fit(const Ticks& ticks, ValueRange range, double room, Index length) {
  const double share = (ticks.values.back() - ticks.values.front()) / (range.high - range.low);
  return room * real(static_cast<Index>(ticks.values.size()) - 1) <= share * real(length);
}

Ticks fitted_ticks(const Font& font, ValueRange range, Index length, bool upright) {
  Ticks ticks = linear_ticks(range, kMostTicks);
  for (Index count = kMostTicks - 1; count >= 2; --count) {
    if (fit(ticks, range, upright ? kStacked : room_between(font, ticks), length)) break;
    ticks = linear_ticks(range, count);
  }
  return ticks;
}

std::string with_factor(const std::string& name, const Ticks& ticks) {
  if (ticks.factor.empty()) return name;
  return name.empty() ? ticks.factor : name + "  (" + ticks.factor + ")";
}

Index place_up(const Frame& frame, ValueRange range, double value) {
  return frame.bottom() - 1 - std::lround((value - range.low) / (range.high - range.low) * real(frame.height - 1));
}

void draw_ticks_below(Canvas& canvas, const Font& font, const Frame& frame, ValueRange range, const Ticks& ticks) {
  for (std::size_t k = 0; k < ticks.values.size(); ++k) {
    const Index x = place_across(frame, range, ticks.values[k]);
    canvas.fill_rectangle(x, frame.bottom(), 1, kTick, kInk);
    const Point below{real(x) + 0.5, real(frame.bottom() + kTick + kTickPad)};
    canvas.draw_text(font, below, ticks.labels[k], centered(VerticalAlign::top));
  }
}

void draw_ticks_left(Canvas& canvas, const Font& font, const Frame& frame, ValueRange range, const Ticks& ticks) {
  for (std::size_t k = 0; k < ticks.values.size(); ++k) {
    const Index y = place_up(frame, range, ticks.values[k]);
    canvas.fill_rectangle(frame.left - kTick, y, kTick, 1, kInk);
    canvas.draw_text(font, {real(frame.left - kTick - kTickPad), real(y) + 0.5}, ticks.labels[k],
                     beside(HorizontalAlign::right));
  }
}

void check_range(const char* figure, const char* what, ValueRange range) {
  if (range.low < range.high && std::isfinite(range.high - range.low)) return;
  throw ArgumentError(std::string(figure) + ": expected a finite, ascending range of " + what + ", got [" +
                      std::to_string(range.low) + ", " + std::to_string(range.high) + "]");
}

}  // namespace tessera::detail
