#include "tessera/io/figure.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "io/axes.hpp"
#include "tessera/core/error.hpp"

namespace tessera {
namespace {

using namespace detail;

constexpr double kCurve = 2.5;
constexpr double kDisc = 8;
constexpr Index kSample = 36;
constexpr std::size_t kFewPoints = 12;  // a curve of so few points shows each as a disc

constexpr Color kGrid{228, 228, 228};

/// The colours of Okabe and Ito, distinct for every kind of colour vision; their yellow, weak on white, is left out.
constexpr std::array<Color, 7> kSeriesColors{Color{0, 114, 178},   Color{213, 94, 0},  Color{0, 158, 115},
                                             Color{204, 121, 167}, Color{230, 159, 0}, Color{86, 180, 233},
                                             Color{0, 0, 0}};

void check_curves(const CurveFigure& figure) {
  const std::size_t count = figure.series.size();
  if (count < 1 || count > kSeriesColors.size()) {
    throw ArgumentError("curve_figure: expected 1 to " + std::to_string(kSeriesColors.size()) + " series, got " +
                        std::to_string(count));
  }
  for (const CurveSeries& series : figure.series) {
    const std::string where = "curve_figure: series '" + series.name + "': expected ";
    if (series.x.empty() && series.y.empty()) throw ArgumentError(where + "at least one point, got none");
    if (series.x.size() != series.y.size()) {
      throw ShapeError(where + "as many x as y, got " + std::to_string(series.x.size()) + " and " +
                       std::to_string(series.y.size()));
    }
  }
  if (figure.width < 320 || figure.height < 240) {
    throw ArgumentError("curve_figure: expected a picture of at least 320 x 240 pixels, got " +
                        std::to_string(figure.width) + " x " + std::to_string(figure.height));
  }
}

/// Places and draws the parts of a curve figure: title, legend, axes, curves.
class CurvePainter {
 public:
  explicit CurvePainter(const CurveFigure& figure) : figure_(figure) {
    check_curves(figure);
    choose_ranges();
    choose_places();
  }

  Canvas paint() const {
    Canvas canvas(figure_.width, figure_.height);
    const double middle = frame_.center().x;
    canvas.draw_text(font_, {middle, real(kMargin)}, figure_.title,
                     centered(VerticalAlign::top, real(frame_.width), kTitle));
    for (const double value : y_ticks_.values) {
      canvas.fill_rectangle(frame_.left, place_up(frame_, y_range_, value), frame_.width, 1, kGrid);
    }
    canvas.fill_rectangle(frame_.left - 1, frame_.top, 1, frame_.height + 1, kInk);
    canvas.fill_rectangle(frame_.left - 1, frame_.bottom(), frame_.width + 1, 1, kInk);
    draw_ticks_left(canvas, font_, frame_, y_range_, y_ticks_);
    draw_ticks_below(canvas, font_, frame_, x_range_, x_ticks_);
    if (figure_.logarithmic) draw_minor_ticks(canvas);
    canvas.draw_text(font_, {real(kMargin), frame_.center().y}, y_name_, upward(real(frame_.height)));
    canvas.draw_text(font_, {middle, real(figure_.height - kMargin - kLine)}, x_name_,
                     centered(VerticalAlign::top, real(frame_.width)));
    for (std::size_t k = 0; k < figure_.series.size(); ++k) draw_curve(canvas, figure_.series[k], kSeriesColors[k]);
    for (const LegendEntry& entry : legend_) draw_legend_entry(canvas, entry);
    return canvas;
  }

 private:
  struct LegendEntry {
    std::size_t series = 0;
    Index left = 0, top = 0;
  };

  /// Where a value stands on the y axis; not finite where it has no place.
  double height_of(double y) const { return figure_.logarithmic ? std::log10(y) : y; }

  void choose_ranges() {
    for (const CurveSeries& series : figure_.series) {
      for (std::size_t k = 0; k < series.x.size(); ++k) {
        if (!std::isfinite(series.x[k]) || !std::isfinite(height_of(series.y[k]))) continue;
        x_range_.include(series.x[k]);
        y_range_.include(height_of(series.y[k]));
      }
    }
    if (x_range_.empty()) {
      throw ArgumentError(std::string("curve_figure: expected at least one finite") +
                          (figure_.logarithmic ? " point with y > 0" : " point") + ", got none");
    }
    x_range_ = x_range_.widened().padded(0.02);
    y_range_ = y_range_.widened().padded(0.05);
    check_range("curve_figure", "x", x_range_);
    check_range("curve_figure", "y", y_range_);
  }

  void choose_places() {
    for (Index count = kMostTicks; count >= 2; --count) {
      place(count);
      const bool room = std::min(frame_.width, frame_.height) >= kThinnestPanel;
      if (room && fit(y_ticks_, y_range_, kStacked, frame_.height)) return;
    }
    throw ArgumentError("curve_figure: labels and legend leave no room for the curves in " +
                        std::to_string(figure_.width) + " x " + std::to_string(figure_.height) + " pixels");
  }

  void place(Index y_tick_count) {
    y_ticks_ = figure_.logarithmic ? logarithmic_ticks(y_range_, y_tick_count) : linear_ticks(y_range_, y_tick_count);
    y_name_ = with_factor(figure_.y_name, y_ticks_);
    frame_.left =
        kMargin + (y_name_.empty() ? 0 : kLine + kPad) + pixels(widest(font_, y_ticks_.labels)) + kTickPad + kTick;
    frame_.width = figure_.width - kMargin - frame_.left;
    x_ticks_ = fitted_ticks(font_, x_range_, frame_.width);
    x_name_ = with_factor(figure_.x_name, x_ticks_);
    frame_.top = place_legend(kMargin + (figure_.title.empty() ? 0 : pixels(kTitle) + kGap / 2)) + kPad;
    const Index below = kTick + kTickPad + kLine + (x_name_.empty() ? 0 : kPad + kLine);
    frame_.height = figure_.height - kMargin - below - frame_.top;
  }

  /// Sets the named series in lines from `top` on; returns the end of the last line.
  Index place_legend(Index top) {
    legend_.clear();
    Index left = frame_.left, bottom = top;
    for (std::size_t k = 0; k < figure_.series.size(); ++k) {
      if (figure_.series[k].name.empty()) continue;
      const Index width = kSample + kPad + pixels(font_.width(figure_.series[k].name, kText));
      if (left > frame_.left && left + width > frame_.right()) {
        left = frame_.left;
        top += kLine + kPad;
      }
      legend_.push_back({k, left, top});
      left += width + kMargin;
      bottom = top + kLine + kPad;
    }
    return bottom;
  }

  void draw_legend_entry(Canvas& canvas, const LegendEntry& entry) const {
    const double y = real(entry.top) + real(kLine) / 2, x = real(entry.left);
    canvas.draw_line({x, y}, {x + real(kSample), y}, kSeriesColors[entry.series], kCurve);
    canvas.draw_text(font_, {x + real(kSample + kPad), y}, figure_.series[entry.series].name,
                     beside(HorizontalAlign::left, real(frame_.right()) - x - real(kSample + kPad)));
  }

  void draw_minor_ticks(Canvas& canvas) const {
    for (double decade = std::floor(y_range_.low); decade <= y_range_.high; ++decade) {
      for (int digit = 2; digit < 10; ++digit) {
        const double value = decade + std::log10(digit);
        if (value < y_range_.low || value > y_range_.high) continue;
        canvas.fill_rectangle(frame_.left - kTick / 2, place_up(frame_, y_range_, value), kTick / 2, 1, kInk);
      }
    }
  }

  void draw_curve(Canvas& canvas, const CurveSeries& series, Color color) const {
    std::vector<Point> run;
    for (std::size_t k = 0; k <= series.x.size(); ++k) {
      const bool ends = k == series.x.size() || !std::isfinite(series.x[k]) || !std::isfinite(height_of(series.y[k]));
      if (ends) {
        canvas.draw_polyline(run, color, run.size() == 1 ? kDisc : kCurve);
        run.clear();
        continue;
      }
      run.push_back(position(series.x[k], height_of(series.y[k])));
      if (series.x.size() <= kFewPoints) canvas.draw_polyline(std::span(&run.back(), 1), color, kDisc);
    }
  }

  Point position(double x, double height) const {
    return {real(frame_.left) + (x - x_range_.low) / (x_range_.high - x_range_.low) * real(frame_.width),
            real(frame_.bottom()) - (height - y_range_.low) / (y_range_.high - y_range_.low) * real(frame_.height)};
  }

  const CurveFigure& figure_;
  Font font_ = Font::standard();
  ValueRange x_range_ = ValueRange::nothing(), y_range_ = ValueRange::nothing();
  Ticks x_ticks_, y_ticks_;
  std::string x_name_, y_name_;
  Frame frame_;
  std::vector<LegendEntry> legend_;
};

}  // namespace

Canvas curve_figure(const CurveFigure& figure) { return CurvePainter(figure).paint(); }

}  // namespace tessera
