#include "tessera/io/figure.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "io/picture_checks.hpp"
#include "tessera/core/error.hpp"

namespace tessera {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr Color kBlue{0, 114, 178};

using namespace testing_support;

/// The pixels of a colour that have it on all four sides too, which excludes the edges of letters.
Extent area_of(const Canvas& canvas, Color color) {
  Extent extent;
  for (Index y = 1; y + 1 < canvas.height(); ++y) {
    for (Index x = 1; x + 1 < canvas.width(); ++x) {
      const bool row =
          canvas.pixel(x - 1, y) == color && canvas.pixel(x, y) == color && canvas.pixel(x + 1, y) == color;
      if (row && canvas.pixel(x, y - 1) == color && canvas.pixel(x, y + 1) == color) extent.include(x, y);
    }
  }
  return extent;
}

Extent ink_of(const Canvas& canvas) {
  return extent_of(canvas, [](Color pixel) { return pixel != kWhite; });
}

Field constant(Index height, Index width, double value) {
  return {height, width, std::vector<double>(static_cast<std::size_t>(height * width), value)};
}

TEST(SliceFigure, PanelsHaveTheColoursOfTheirScales) {
  SliceFigure figure;
  figure.interpolation = Interpolation::nearest;
  figure.rows = {{"a", constant(3, 4, 1), constant(3, 4, 3)}};
  figure.rows[0].prediction.values[0] = kNan;
  const Canvas canvas = slice_figure(figure);
  const Index panel = 360 * 270, cell = 90 * 90;
  const Extent truth = extent_of(canvas, Colormap::viridis().color(0));
  const Extent prediction = extent_of(canvas, Colormap::viridis().color(1));
  const Extent error = extent_of(canvas, Colormap::blue_white_red().color(1));
  const Extent missing = extent_of(canvas, kMissingColor);
  EXPECT_NEAR(static_cast<double>(truth.count), static_cast<double>(panel), 200);
  EXPECT_NEAR(static_cast<double>(prediction.count), static_cast<double>(panel - cell), 200);
  EXPECT_NEAR(static_cast<double>(error.count), static_cast<double>(panel - cell), 200);
  EXPECT_NEAR(static_cast<double>(missing.count), static_cast<double>(2 * cell), 200);
  EXPECT_EQ(canvas.pixel(0, 0), kWhite);
  EXPECT_EQ(canvas.pixel(canvas.width() - 1, canvas.height() - 1), kWhite);
}

TEST(SliceFigure, FirstRowIsAtTheBottomUnlessAskedFor) {
  SliceFigure figure;
  figure.rows = {{"", constant(2, 2, 0), constant(2, 2, 0)}};
  figure.rows[0].truth.values[0] = kNan;
  const Extent below = area_of(slice_figure(figure), kMissingColor);
  figure.first_row_on_top = true;
  const Extent above = area_of(slice_figure(figure), kMissingColor);
  EXPECT_EQ(below.count, above.count);
  EXPECT_EQ(below.top, above.bottom + 3);
}

TEST(SliceFigure, DrawsDegenerateFields) {
  SliceFigure figure;
  figure.title = "a title much longer than the three small panels below it could ever be wide, at this size or another";
  figure.panel_width = figure.panel_height = 40;
  figure.rows = {{"all missing", constant(1, 1, kNan), constant(1, 1, kNan)},
                 {"", constant(1, 1, 0), constant(1, 1, 0)}};
  EXPECT_GT(extent_of(slice_figure(figure), kMissingColor).count, 3 * 1600 - 1);
  EXPECT_GE(ink_of(slice_figure(figure)).left, 20);
  figure.rows = {{"wide", constant(1, 5000, 2), constant(1, 5000, 2.5)}};
  EXPECT_GT(extent_of(slice_figure(figure), Colormap::viridis().color(1)).count, 40 * 24 - 1);
}

TEST(SliceFigure, RefusesWhatDoesNotFit) {
  SliceFigure figure;
  EXPECT_THROW(slice_figure(figure), ArgumentError);
  figure.rows = {{"first", constant(3, 4, 0), constant(3, 4, 0)}, {"second", constant(3, 4, 0), constant(4, 3, 0)}};
  const std::string message = message_of<ShapeError>([&] { slice_figure(figure); });
  EXPECT_NE(message.find("'second'"), std::string::npos) << message;
  EXPECT_NE(message.find("[3, 4]"), std::string::npos) << message;
  EXPECT_NE(message.find("[4, 3]"), std::string::npos) << message;
  figure.rows.pop_back();
  figure.rows[0].truth.values.pop_back();
  EXPECT_THROW(slice_figure(figure), ShapeError);
  figure.rows = {{"empty", constant(0, 4, 0), constant(0, 4, 0)}};
  EXPECT_THROW(slice_figure(figure), ShapeError);
  figure.rows = {{"", constant(2, 2, 0), constant(2, 2, 0)}};
  figure.error_bound = 0.0;
  EXPECT_THROW(slice_figure(figure), ArgumentError);
  figure.error_bound.reset();
  figure.x.range = ValueRange{1, 1};
  EXPECT_THROW(slice_figure(figure), ArgumentError);
}

TEST(CurveFigure, LeavesGapsWhereAPointIsMissing) {
  CurveFigure figure;
  CurveSeries series;
  for (int k = 0; k <= 100; ++k) {
    series.x.push_back(k);
    series.y.push_back(k > 40 && k < 60 ? kNan : 1);
  }
  figure.series = {series};
  const Canvas canvas = curve_figure(figure);
  const Extent curve = extent_of(canvas, kBlue);
  ASSERT_GT(curve.count, 0);
  const auto at = [&](double x) {
    return curve.left + std::lround(x / 100 * static_cast<double>(curve.right - curve.left));
  };
  EXPECT_EQ(canvas.pixel(at(30), curve.top), kBlue);
  EXPECT_EQ(canvas.pixel(at(70), curve.top), kBlue);
  EXPECT_NE(canvas.pixel(at(50), curve.top), kBlue);
}

TEST(CurveFigure, DrawsOnePointAndALogarithmicAxis) {
  CurveFigure figure;
  figure.series = {{"", {3}, {0.02}}};
  const Extent disc = extent_of(curve_figure(figure), kBlue);
  EXPECT_GT(disc.count, 20);
  EXPECT_LT(disc.right - disc.left, 12);
  figure.logarithmic = true;
  figure.series = {{"", {0, 1, 2}, {1e-4, 1e-2, 1}}, {"negative", {0, 1}, {-1, 0}}};
  const Canvas canvas = curve_figure(figure);
  const Extent line = extent_of(canvas, kBlue);
  const Index x = (line.left + line.right) / 2, y = (line.top + line.bottom) / 2;
  EXPECT_EQ(canvas.pixel(x, y), kBlue);
}

TEST(CurveFigure, RefusesWhatCannotBeDrawn) {
  CurveFigure figure;
  EXPECT_THROW(curve_figure(figure), ArgumentError);
  figure.series = {{"loss", {}, {}}};
  EXPECT_NE(message_of<ArgumentError>([&] { curve_figure(figure); }).find("'loss'"), std::string::npos);
  figure.series = {{"loss", {1, 2}, {1}}};
  EXPECT_THROW(curve_figure(figure), ShapeError);
  figure.series = {{"loss", {1, 2}, {kNan, kInfinity}}};
  EXPECT_THROW(curve_figure(figure), ArgumentError);
  figure.series = {{"loss", {1, 2}, {-1, -2}}};
  figure.logarithmic = true;
  EXPECT_THROW(curve_figure(figure), ArgumentError);
  figure.logarithmic = false;
  figure.height = 100;
  EXPECT_THROW(curve_figure(figure), ArgumentError);
  figure.height = 300;
  figure.series.resize(8, figure.series.front());
  EXPECT_THROW(curve_figure(figure), ArgumentError);
  figure.series.assign(7, {"a name that fills a whole line", {1}, {1}});
  figure.width = 320;
  figure.height = 240;
  EXPECT_NE(message_of<ArgumentError>([&] { curve_figure(figure); }).find("no room"), std::string::npos);
}

}  // namespace
}  // namespace tessera
