#pragma once

/// \file
/// A small RGB image with anti-aliased lines and text, written as PNG. Purely local: no call here is collective.
///
/// Coordinates are in pixels, x to the right and y downwards from the upper left corner; pixel (i, j) covers
/// [i, i+1) x [j, j+1). Whatever falls outside the image is clipped.

#include <filesystem>
#include <limits>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "tessera/core/shape.hpp"
#include "tessera/io/colormap.hpp"

namespace tessera {

/// Coverage of a rendered line of text, row-major [height, width], 255 where fully covered. (left, top) is the place of
/// the first pixel relative to the start of the base line.
struct TextMask {
  Index left = 0;
  Index top = 0;
  Index width = 0;
  Index height = 0;
  std::vector<std::uint8_t> coverage;
};

/// A typeface. Copies are cheap and share the font's data. Sizes are the em size in pixels, text is UTF-8.
class Font {
 public:
  /// DejaVu Sans where it is installed (Debian's fonts-dejavu-core), otherwise built_in().
  static Font standard();

  /// The coarse ASCII font compiled into the library; other characters become their ASCII likeness ("10⁻³" is
  /// drawn as "10^-3") or '?'.
  static Font built_in();

  /// Reads a TrueType file. Throws IoError when it cannot be read or is not a TrueType font.
  static Font load(const std::filesystem::path& path);

  /// Distance, in pixels, that the text advances along its base line.
  double width(std::string_view text, double size) const;

  /// Height of a capital letter above the base line, and depth of a 'p' below it, in pixels.
  double cap_height(double size) const { return cap_height_ * size; }
  double descent(double size) const { return descent_ * size; }

  /// Renders one line of text.
  TextMask rasterize(std::string_view text, double size) const;

 private:
  struct Face;
  explicit Font(std::shared_ptr<const Face> face);

  std::shared_ptr<const Face> face_;  // empty for the built-in font
  double cap_height_ = 0;
  double descent_ = 0;
};

/// Which point of the text lies at the given position, along the reading direction.
enum class HorizontalAlign { left, center, right };

/// The same across the reading direction; `top` and `middle` refer to a capital letter, `bottom` to the descenders.
enum class VerticalAlign { top, middle, baseline, bottom };

struct TextStyle {
  double size = 20;
  Color color = kBlack;
  HorizontalAlign horizontal = HorizontalAlign::left;
  VerticalAlign vertical = VerticalAlign::baseline;
  bool upward = false;  ///< turned by 90 degrees: the text reads from bottom to top
  double longest = std::numeric_limits<double>::infinity();  ///< a longer text is set in a smaller size
};

struct Point {
  double x = 0;
  double y = 0;
};

/// An RGB image.
class Canvas {
 public:
  /// Throws ShapeError unless 1 <= width, height <= 32768.
  Canvas(Index width, Index height, Color background = kWhite);

  Index width() const noexcept { return width_; }
  Index height() const noexcept { return height_; }

  /// The pixel's colour. Throws ArgumentError outside the image.
  Color pixel(Index x, Index y) const;
  void set_pixel(Index x, Index y, Color color);

  void fill(Color color);

  /// Fills the pixels [x, x + width) x [y, y + height).
  void fill_rectangle(Index x, Index y, Index width, Index height, Color color);

  /// Draws the outline of the same rectangle, `thickness` pixels wide, inwards from its border.
  void draw_rectangle(Index x, Index y, Index width, Index height, Color color, Index thickness = 1);

  /// Draws a connected, anti-aliased line with round joints and ends; one point gives a disc. Translucent overlaps do
  /// not darken: a pixel takes the greatest coverage of any segment.
  void draw_polyline(std::span<const Point> points, Color color, double line_width = 1);

  void draw_line(Point from, Point to, Color color, double line_width = 1);

  /// Draws one line of text with the aligned point of the style at `position`.
  void draw_text(const Font& font, Point position, std::string_view text, const TextStyle& style = {});

  /// Writes the image as PNG (8 bits, RGB) beside the path and renames it into place, so that the path never holds half
  /// an image. Throws IoError naming path and reason; the folder must exist.
  void write_png(const std::filesystem::path& path) const;

 private:
  bool contains(Index x, Index y) const noexcept { return x >= 0 && x < width_ && y >= 0 && y < height_; }
  void blend_pixel(Index x, Index y, Color color, double coverage);

  Index width_;
  Index height_;
  std::vector<Color> pixels_;
};

}  // namespace tessera
