#include "tessera/io/figure.hpp"

#include <algorithm>
#include <cmath>

#include "io/axes.hpp"
#include "tessera/core/error.hpp"

namespace tessera {
namespace {

using namespace detail;

constexpr Index kBar = 18;

void check_fields(const SliceFigure& figure) {
  if (figure.rows.empty()) throw ArgumentError("slice_figure: expected at least one row, got none");
  const Shape expected{figure.rows.front().truth.height, figure.rows.front().truth.width};
  for (const SliceRow& row : figure.rows) {
    for (const Field* field : {&row.truth, &row.prediction}) {
      const Shape shape{field->height, field->width};
      const std::string where = "slice_figure: row '" + row.label + "': expected ";
      if (shape != expected || volume(shape) < 1) {
        throw ShapeError(where + "non-empty fields of one size, the first being " + to_string(expected) + ", got " +
                         to_string(shape));
      }
      if (static_cast<Index>(field->values.size()) != volume(shape)) {
        throw ShapeError(where + std::to_string(volume(shape)) + " values for a field " + to_string(shape) + ", got " +
                         std::to_string(field->values.size()));
      }
    }
  }
}

Field error_of(const SliceRow& row) {
  Field error = row.prediction;
  for (std::size_t k = 0; k < error.values.size(); ++k) error.values[k] -= row.truth.values[k];
  return error;
}

/// Places and draws the parts of a slice figure: three columns of panels, their axes, two colour bars.
class SlicePainter {
 public:
  explicit SlicePainter(const SliceFigure& figure) : figure_(figure) {
    check_fields(figure);
    if (std::min(figure.panel_width, figure.panel_height) < 1) {
      throw ArgumentError("slice_figure: expected panels of at least one pixel, got " +
                          std::to_string(figure.panel_width) + " x " + std::to_string(figure.panel_height));
    }
    choose_ranges();
    choose_panel_size();
    choose_places();
  }

  Canvas paint() const {
    Canvas canvas(canvas_width_, canvas_height_);
    const double middle = panel(0, 1).center().x;
    const double title_width = 2 * (std::min(middle, real(canvas_width_) - middle) - real(kMargin));
    canvas.draw_text(font_, {middle, real(kMargin)}, figure_.title, centered(VerticalAlign::top, title_width, kTitle));
    for (Index column = 0; column < 3; ++column) {
      canvas.draw_text(font_, {panel(0, column).center().x, real(top_ - kPad)}, figure_.column_titles[column],
                       centered(VerticalAlign::bottom, real(panel_width_)));
    }
    for (Index row = 0; row < row_count(); ++row) draw_row(canvas, row);
    draw_bar(canvas, values_, value_ticks_, value_bar_, figure_.quantity);
    draw_bar(canvas, errors_, error_ticks_, error_bar_, figure_.error_name);
    return canvas;
  }

 private:
  Index row_count() const { return static_cast<Index>(figure_.rows.size()); }

  Frame panel(Index row, Index column) const {
    return {left_ + column * column_pitch_, top_ + row * row_pitch_, panel_width_, panel_height_};
  }

  void choose_ranges() {
    ValueRange values = ValueRange::nothing(), errors{0, 0};
    for (const SliceRow& row : figure_.rows) {
      for (const double value : row.truth.values) values.include(value);
      for (const double value : row.prediction.values) values.include(value);
      for (const double value : error_of(row).values) errors.include(std::abs(value));
    }
    values_.range = figure_.value_range.value_or(values.widened());
    const double bound = figure_.error_bound.value_or(errors.high > 0 ? errors.high : 1);
    errors_.range = {-bound, bound};
    x_range_ = figure_.x.range.value_or(ValueRange{0, real(figure_.rows.front().truth.width)});
    y_range_ = figure_.y.range.value_or(ValueRange{0, real(figure_.rows.front().truth.height)});
    check_range("slice_figure", "values", values_.range);
    check_range("slice_figure", "errors", errors_.range);
    check_range("slice_figure", "x", x_range_);
    check_range("slice_figure", "y", y_range_);
  }

  void choose_panel_size() {
    const double columns = real(figure_.rows.front().truth.width), rows = real(figure_.rows.front().truth.height);
    double scale = std::min(real(figure_.panel_width) / columns, real(figure_.panel_height) / rows);
    if (figure_.interpolation == Interpolation::nearest && scale > 1) scale = std::floor(scale);
    panel_width_ = std::max<Index>(kThinnestPanel, std::lround(scale * columns));
    panel_height_ = std::max<Index>(kThinnestPanel, std::lround(scale * rows));
    x_ticks_ = fitted_ticks(font_, x_range_, panel_width_);
    y_ticks_ = fitted_ticks(font_, y_range_, panel_height_, true);
    if (figure_.first_row_on_top) {
      // The axis is drawn downwards: the same marks on the negated axis, their labels kept.
      for (double& value : y_ticks_.values) value = -value;
      y_range_ = {-y_range_.high, -y_range_.low};
    }
    x_name_ = with_factor(figure_.x.name, x_ticks_);
    y_name_ = with_factor(figure_.y.name, y_ticks_);
  }

  void choose_places() {
    double labels = 0;
    for (const SliceRow& row : figure_.rows) labels = std::max(labels, font_.width(row.label, kText));
    const Index x_label = pixels(widest(font_, x_ticks_.labels));
    column_pitch_ = panel_width_ + std::max(kGap, x_label + kPad);
    row_pitch_ = panel_height_ + kGap;
    label_right_ = kMargin + pixels(labels);
    name_left_ = label_right_ + (labels > 0 ? kGap : 0);
    left_ =
        name_left_ + (y_name_.empty() ? 0 : kLine + kPad) + pixels(widest(font_, y_ticks_.labels)) + kTickPad + kTick;
    top_ = kMargin + (figure_.title.empty() ? 0 : pixels(kTitle) + kGap / 2) + kLine + kPad;
    canvas_width_ = panel(0, 2).right() + x_label / 2 + kMargin;

    const Index bar_top =
        panel(row_count() - 1, 0).bottom() + kTick + kTickPad + kLine + (x_name_.empty() ? 0 : kPad + kLine) + kGap;
    const Index inset = panel_width_ / 10;
    value_bar_ = {left_ + inset, bar_top, column_pitch_ + panel_width_ - 2 * inset, kBar};
    error_bar_ = {panel(0, 2).left + inset, bar_top, panel_width_ - 2 * inset, kBar};
    value_ticks_ = fitted_ticks(font_, values_.range, value_bar_.width);
    error_ticks_ = fitted_ticks(font_, errors_.range, error_bar_.width);
    canvas_height_ = error_bar_.bottom() + kTick + kTickPad + kLine + kPad + kLine + kMargin;
  }

  void draw_row(Canvas& canvas, Index row) const {
    const SliceRow& fields = figure_.rows[row];
    draw_panel(canvas, panel(row, 0), fields.truth, values_);
    draw_panel(canvas, panel(row, 1), fields.prediction, values_);
    draw_panel(canvas, panel(row, 2), error_of(fields), errors_);
    const Frame first = panel(row, 0);
    canvas.draw_text(font_, {real(label_right_), first.center().y}, fields.label, beside(HorizontalAlign::right));
    canvas.draw_text(font_, {real(name_left_), first.center().y}, y_name_, upward(real(panel_height_)));
    draw_ticks_left(canvas, font_, first, y_range_, y_ticks_);
    if (row + 1 < row_count()) return;
    for (Index column = 0; column < 3; ++column) {
      const Frame frame = panel(row, column);
      draw_ticks_below(canvas, font_, frame, x_range_, x_ticks_);
      canvas.draw_text(font_, {frame.center().x, real(frame.bottom() + kTick + kTickPad + kLine + kPad)}, x_name_,
                       centered(VerticalAlign::top, real(panel_width_)));
    }
  }

  void draw_panel(Canvas& canvas, const Frame& frame, const Field& field, const ColorScale& scale) const {
    const double down = real(field.height) / real(frame.height), across = real(field.width) / real(frame.width);
    const bool averaged = down > 1 || across > 1;
    for (Index j = 0; j < frame.height; ++j) {
      const double row = real(figure_.first_row_on_top ? j : frame.height - 1 - j) * down;
      for (Index i = 0; i < frame.width; ++i) {
        const double column = real(i) * across;
        const double value = averaged ? field.mean(row, row + down, column, column + across)
                                      : field.at(row + down / 2, column + across / 2, figure_.interpolation);
        canvas.set_pixel(frame.left + i, frame.top + j, scale.color(value));
      }
    }
    canvas.draw_rectangle(frame.left - 1, frame.top - 1, frame.width + 2, frame.height + 2, kInk);
  }

  void draw_bar(Canvas& canvas, const ColorScale& scale, const Ticks& ticks, const Frame& frame,
                const std::string& name) const {
    for (Index i = 0; i < frame.width; ++i) {
      const Color color = scale.colors.color(real(i) / real(frame.width - 1));
      canvas.fill_rectangle(frame.left + i, frame.top, 1, frame.height, color);
    }
    canvas.draw_rectangle(frame.left - 1, frame.top - 1, frame.width + 2, frame.height + 2, kInk);
    draw_ticks_below(canvas, font_, frame, scale.range, ticks);
    canvas.draw_text(font_, {frame.center().x, real(frame.bottom() + kTick + kTickPad + kLine + kPad)},
                     with_factor(name, ticks), centered(VerticalAlign::top, 1.2 * real(frame.width)));
  }

  const SliceFigure& figure_;
  Font font_ = Font::standard();
  ColorScale values_{figure_.value_colors, {}}, errors_{figure_.error_colors, {}};
  ValueRange x_range_, y_range_;
  Ticks x_ticks_, y_ticks_, value_ticks_, error_ticks_;
  std::string x_name_, y_name_;
  Index panel_width_ = 0, panel_height_ = 0, column_pitch_ = 0, row_pitch_ = 0;
  Index label_right_ = 0, name_left_ = 0, left_ = 0, top_ = 0, canvas_width_ = 0, canvas_height_ = 0;
  Frame value_bar_, error_bar_;
};

}  // namespace

Canvas slice_figure(const SliceFigure& figure) { return SlicePainter(figure).paint(); }

}  // namespace tessera
