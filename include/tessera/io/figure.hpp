#pragma once

/// \file
/// Two kinds of figures, drawn on the calling rank only: fields side by side (truth, prediction, error) and curves.
///
/// Both return a Canvas; `slice_figure(figure).write_png("fields.png")` makes the file.

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "tessera/core/shape.hpp"
#include "tessera/io/canvas.hpp"
#include "tessera/io/colormap.hpp"

namespace tessera {

/// A coordinate axis: what to call it (with its unit), and the coordinates of its two ends.
struct FigureAxis {
  std::string name;
  std::optional<ValueRange> range;  ///< default: [0, number of cells]
};

/// One row of panels, for example one time.
struct SliceRow {
  std::string label;
  Field truth;
  Field prediction;
};

/// What slice_figure draws.
struct SliceFigure {
  std::string title;
  std::array<std::string, 3> column_titles{"Truth", "Prediction", "Error"};
  std::vector<SliceRow> rows;
  FigureAxis x{"x", {}};
  FigureAxis y{"y", {}};
  std::string quantity;                           ///< name and unit of the field, under its colour bar
  std::string error_name = "prediction − truth";  ///< under the colour bar of the error
  std::optional<ValueRange> value_range;          ///< default: from the least to the greatest finite value of all rows
  std::optional<double> error_bound;            ///< errors are drawn in [-bound, bound]; default: the greatest |error|
  Colormap value_colors = Colormap::viridis();  ///< of truth and prediction
  Colormap error_colors = Colormap::blue_white_red();
  Interpolation interpolation = Interpolation::bilinear;
  bool first_row_on_top = false;  ///< whether row 0 of a field is drawn uppermost, as for a depth axis
  Index panel_width = 360;        ///< a panel is the largest of the field's aspect that fits into
  Index panel_height = 320;       ///< panel_width x panel_height pixels
};

/// Draws, per row, truth, prediction and prediction - truth. All truths and predictions share one colour scale, all
/// errors another one that is symmetric about zero; each has its colour bar. A field of more cells than a panel has
/// pixels is averaged over each pixel's cells. Throws ArgumentError without rows, for an empty range or a bound that is
/// not positive; ShapeError when the fields differ in size, are empty, or do not hold height * width values, and when
/// the picture would exceed the size of a Canvas.
Canvas slice_figure(const SliceFigure& figure);

/// One curve: the points (x[k], y[k]), joined in the order given. A point that is not finite (or, on a logarithmic
/// axis, not positive) leaves a gap.
struct CurveSeries {
  std::string name;
  std::vector<double> x;
  std::vector<double> y;
};

/// What curve_figure draws.
struct CurveFigure {
  std::string title;
  std::string x_name;
  std::string y_name;
  std::vector<CurveSeries> series;  ///< at most 7, as many as have colours that can be told apart
  bool logarithmic = false;         ///< base-10 logarithmic y axis
  Index width = 1000;               ///< of the whole picture, pixels; at least 320
  Index height = 620;               ///< at least 240
};

/// Draws the series in one frame, with a legend above it for those that have a name.
/// Throws ArgumentError without series, with more than 7, for a series without points or with no drawable point in any,
/// and for a picture too small; ShapeError when x and y of a series differ in length.
Canvas curve_figure(const CurveFigure& figure);

}  // namespace tessera
