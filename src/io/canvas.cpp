#include "tessera/io/canvas.hpp"

#include <stb/stb_easy_font.h>
#include <stb/stb_image_write.h>
#include <stb/stb_truetype.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <utility>

#include "tessera/core/error.hpp"

namespace tessera {
namespace {

constexpr Index kMaximumExtent = 32768;
constexpr char32_t kReplacement = 0xFFFD;

/// Where Debian, Fedora and Arch Linux install DejaVu Sans.
constexpr std::array kFontFiles{"/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
                                "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf",
                                "/usr/share/fonts/TTF/DejaVuSans.ttf"};

/// The built-in font's grid: capitals are 7 units high, descenders 2 units deep, an em has 10.
constexpr double kBuiltInEm = 10;
constexpr double kBuiltInCap = 7;
constexpr double kBuiltInDescent = 2;

std::string last_system_error() { return std::generic_category().message(errno); }

/// Decodes UTF-8; every byte that does not belong to a well-formed character becomes U+FFFD.
std::vector<char32_t> code_points(std::string_view text) {
  std::vector<char32_t> points;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80         ? 1
                               : lead >> 5 == 0x6  ? 2
                               : lead >> 4 == 0xE  ? 3
                               : lead >> 3 == 0x1E ? 4
                                                   : 0;
    char32_t point = length <= 1 ? lead : lead & (0xFFu >> (length + 1));
    bool valid = length > 0 && i + length <= text.size();
    for (std::size_t k = 1; valid && k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      valid = next >> 6 == 0x2;
      point = point << 6 | (next & 0x3Fu);
    }
    points.push_back(valid ? point : kReplacement);
    i += valid ? length : 1;
  }
  return points;
}

/// The ASCII character that a superscript, a dash or a sign resembles; '?' for others.
char ascii_likeness(char32_t point) {
  constexpr std::u32string_view kUnicode = U"⁰¹²³⁴⁵⁶⁷⁸⁹⁻−–—×·";
  constexpr std::string_view kAscii = "0123456789----x.";
  static_assert(kUnicode.size() == kAscii.size());
  if (point >= 0x20 && point < 0x7F) return static_cast<char>(point);
  const std::size_t place = kUnicode.find(point);
  return place == std::u32string_view::npos ? '?' : kAscii[place];
}

std::string ascii_likeness(std::string_view text) {
  constexpr std::u32string_view kSuperscripts = U"⁰¹²³⁴⁵⁶⁷⁸⁹⁻";
  std::string ascii;
  bool raised = false;
  for (const char32_t point : code_points(text)) {
    const bool superscript = kSuperscripts.find(point) != std::u32string_view::npos;
    if (superscript && !raised) ascii += '^';
    ascii += ascii_likeness(point);
    raised = superscript;
  }
  return ascii;
}

/// Adds the part of the rectangle [x0, x1) x [y0, y1) (in the mask's own pixels) that lies in each pixel.
void cover_rectangle(TextMask& mask, double x0, double y0, double x1, double y1) {
  for (auto j = static_cast<Index>(y0); j < std::min(mask.height, static_cast<Index>(std::ceil(y1))); ++j) {
    for (auto i = static_cast<Index>(x0); i < std::min(mask.width, static_cast<Index>(std::ceil(x1))); ++i) {
      const auto left = static_cast<double>(i), top = static_cast<double>(j);
      const double across = std::min(x1, left + 1) - std::max(x0, left);
      const double down = std::min(y1, top + 1) - std::max(y0, top);
      std::uint8_t& pixel = mask.coverage[j * mask.width + i];
      pixel = static_cast<std::uint8_t>(std::min<long>(255, pixel + std::lround(255 * across * down)));
    }
  }
}

TextMask built_in_mask(std::string_view text, double size) {
  std::string ascii = ascii_likeness(text);
  const double scale = size / kBuiltInEm;
  TextMask mask;
  mask.top = -static_cast<Index>(std::ceil(kBuiltInCap * scale));
  mask.height = static_cast<Index>(std::ceil(kBuiltInDescent * scale)) - mask.top;
  mask.width = static_cast<Index>(std::ceil(stb_easy_font_width(ascii.data()) * scale));
  mask.coverage.assign(mask.width * mask.height, 0);
  const double base = -static_cast<double>(mask.top) - kBuiltInCap * scale;

  // One quad is four vertices of 16 bytes that begin with x and y; its first and third vertex are opposite corners.
  constexpr std::size_t kVertexBytes = 16;
  std::vector<char> quads(ascii.size() * 1024);
  const int count = stb_easy_font_print(0, 0, ascii.data(), nullptr, quads.data(), static_cast<int>(quads.size()));
  for (std::size_t quad = 0; quad < static_cast<std::size_t>(count); ++quad) {
    std::array<float, 2> low{}, high{};
    std::memcpy(low.data(), quads.data() + 4 * quad * kVertexBytes, sizeof(low));
    std::memcpy(high.data(), quads.data() + (4 * quad + 2) * kVertexBytes, sizeof(high));
    cover_rectangle(mask, low[0] * scale, base + low[1] * scale, high[0] * scale, base + high[1] * scale);
  }
  return mask;
}

double coverage_of_segment(double x, double y, Point a, Point b, double line_width) {
  const double dx = b.x - a.x;
  const double dy = b.y - a.y;
  const double length2 = dx * dx + dy * dy;
  const double t = length2 > 0 ? std::clamp(((x - a.x) * dx + (y - a.y) * dy) / length2, 0.0, 1.0) : 0.0;
  const double distance = std::hypot(x - a.x - t * dx, y - a.y - t * dy);
  return std::clamp(line_width / 2 + 0.5 - distance, 0.0, std::min(1.0, line_width));
}

/// A coordinate as a pixel index in [0, extent]; NaN and whatever is further out land on the border.
Index clipped(double coordinate, Index extent) {
  return coordinate > 0 ? static_cast<Index>(std::min(std::floor(coordinate), static_cast<double>(extent))) : 0;
}

}  // namespace

struct Font::Face {
  struct Glyph {
    int code = 0;
    Index left = 0, top = 0, right = 0, bottom = 0;  // its pixels, relative to the start of the base line
    float shift = 0;                                 // of the pen within its pixel
  };

  std::vector<unsigned char> file;
  stbtt_fontinfo info{};

  float scale(double size) const { return stbtt_ScaleForMappingEmToPixels(&info, static_cast<float>(size)); }

  /// Sets the text: where each glyph goes, and how far the pen moves.
  double set(std::string_view text, double size, std::vector<Glyph>* glyphs) const {
    const float factor = scale(size);
    double pen = 0;
    int previous = 0;
    for (const char32_t point : code_points(text)) {
      const int code = static_cast<int>(point);
      if (previous != 0) pen += factor * static_cast<float>(stbtt_GetCodepointKernAdvance(&info, previous, code));
      if (glyphs != nullptr) {
        const auto start = static_cast<Index>(std::floor(pen));
        const auto shift = static_cast<float>(pen - std::floor(pen));
        int x0 = 0, y0 = 0, x1 = 0, y1 = 0;
        stbtt_GetCodepointBitmapBoxSubpixel(&info, code, factor, factor, shift, 0, &x0, &y0, &x1, &y1);
        glyphs->push_back({code, start + x0, y0, start + x1, y1, shift});
      }
      int advance = 0, bearing = 0;
      stbtt_GetCodepointHMetrics(&info, code, &advance, &bearing);
      pen += factor * static_cast<float>(advance);
      previous = code;
    }
    return pen;
  }
};

Font::Font(std::shared_ptr<const Face> face) : face_(std::move(face)) {
  cap_height_ = kBuiltInCap / kBuiltInEm;
  descent_ = kBuiltInDescent / kBuiltInEm;
  if (face_ == nullptr) return;
  int x0 = 0, y0 = 0, x1 = 0, y1 = 0;
  if (stbtt_GetCodepointBox(&face_->info, 'H', &x0, &y0, &x1, &y1) != 0)
    cap_height_ = face_->scale(1) * static_cast<float>(y1);
  if (stbtt_GetCodepointBox(&face_->info, 'p', &x0, &y0, &x1, &y1) != 0)
    descent_ = -face_->scale(1) * static_cast<float>(y0);
}

Font Font::standard() {
  for (const char* file : kFontFiles) {
    std::error_code ignored;
    if (std::filesystem::exists(file, ignored)) return load(file);
  }
  return built_in();
}

Font Font::built_in() { return Font(nullptr); }

Font Font::load(const std::filesystem::path& path) {
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  auto face = std::make_shared<Face>();
  if (stream) face->file.assign(std::istreambuf_iterator<char>(stream), {});
  if (!stream) throw IoError("Font::load: cannot read " + path.string() + ": " + last_system_error());
  const int offset = face->file.size() < 12 ? -1 : stbtt_GetFontOffsetForIndex(face->file.data(), 0);
  if (offset < 0 || stbtt_InitFont(&face->info, face->file.data(), offset) == 0) {
    throw IoError("Font::load: " + path.string() + " is not a TrueType font");
  }
  return Font(std::move(face));
}

double Font::width(std::string_view text, double size) const {
  if (face_ != nullptr) return face_->set(text, size, nullptr);
  return stb_easy_font_width(ascii_likeness(text).data()) * size / kBuiltInEm;
}

TextMask Font::rasterize(std::string_view text, double size) const {
  if (face_ == nullptr) return built_in_mask(text, size);
  std::vector<Face::Glyph> glyphs;
  face_->set(text, size, &glyphs);
  TextMask mask;
  Index right = 0, bottom = 0;
  for (const Face::Glyph& glyph : glyphs) {
    mask.left = std::min(mask.left, glyph.left);
    mask.top = std::min(mask.top, glyph.top);
    right = std::max(right, glyph.right);
    bottom = std::max(bottom, glyph.bottom);
  }
  mask.width = right - mask.left;
  mask.height = bottom - mask.top;
  mask.coverage.assign(mask.width * mask.height, 0);

  const float factor = face_->scale(size);
  std::vector<std::uint8_t> pixels;
  for (const Face::Glyph& glyph : glyphs) {
    const Index columns = glyph.right - glyph.left;
    const Index rows = glyph.bottom - glyph.top;
    pixels.assign(columns * rows, 0);
    if (pixels.empty()) continue;
    stbtt_MakeCodepointBitmapSubpixel(&face_->info, pixels.data(), static_cast<int>(columns), static_cast<int>(rows),
                                      static_cast<int>(columns), factor, factor, glyph.shift, 0, glyph.code);
    for (Index j = 0; j < rows; ++j) {
      for (Index i = 0; i < columns; ++i) {
        const Index place = (glyph.top - mask.top + j) * mask.width + glyph.left - mask.left + i;
        mask.coverage[place] = std::max(mask.coverage[place], pixels[j * columns + i]);
      }
    }
  }
  return mask;
}

Canvas::Canvas(Index width, Index height, Color background) : width_(width), height_(height) {
  if (std::min(width, height) < 1 || std::max(width, height) > kMaximumExtent) {
    throw ShapeError("Canvas: expected width and height between 1 and " + std::to_string(kMaximumExtent) + ", got " +
                     std::to_string(width) + " x " + std::to_string(height));
  }
  pixels_.assign(width * height, background);
}

Color Canvas::pixel(Index x, Index y) const {
  if (!contains(x, y)) {
    throw ArgumentError("Canvas::pixel: (" + std::to_string(x) + ", " + std::to_string(y) + ") lies outside " +
                        std::to_string(width_) + " x " + std::to_string(height_));
  }
  return pixels_[y * width_ + x];
}

void Canvas::set_pixel(Index x, Index y, Color color) {
  if (contains(x, y)) pixels_[y * width_ + x] = color;
}

void Canvas::blend_pixel(Index x, Index y, Color color, double coverage) {
  if (contains(x, y)) pixels_[y * width_ + x] = mix(pixels_[y * width_ + x], color, coverage);
}

void Canvas::fill(Color color) { std::fill(pixels_.begin(), pixels_.end(), color); }

void Canvas::fill_rectangle(Index x, Index y, Index width, Index height, Color color) {
  for (Index j = std::max<Index>(y, 0); j < std::min(y + height, height_); ++j) {
    for (Index i = std::max<Index>(x, 0); i < std::min(x + width, width_); ++i) pixels_[j * width_ + i] = color;
  }
}

void Canvas::draw_rectangle(Index x, Index y, Index width, Index height, Color color, Index thickness) {
  fill_rectangle(x, y, width, thickness, color);
  fill_rectangle(x, y + height - thickness, width, thickness, color);
  fill_rectangle(x, y, thickness, height, color);
  fill_rectangle(x + width - thickness, y, thickness, height, color);
}

void Canvas::draw_polyline(std::span<const Point> points, Color color, double line_width) {
  if (points.empty()) return;
  const double reach = line_width / 2 + 1;
  const auto [x_low, x_high] =
      std::minmax_element(points.begin(), points.end(), [](Point a, Point b) { return a.x < b.x; });
  const auto [y_low, y_high] =
      std::minmax_element(points.begin(), points.end(), [](Point a, Point b) { return a.y < b.y; });
  const Index left = clipped(x_low->x - reach, width_), right = clipped(x_high->x + reach + 1, width_);
  const Index top = clipped(y_low->y - reach, height_), bottom = clipped(y_high->y + reach + 1, height_);
  const Index columns = right - left;
  std::vector<float> coverage(std::max<Index>(columns, 0) * std::max<Index>(bottom - top, 0), 0.0F);
  if (coverage.empty()) return;
  for (std::size_t k = 0; k < std::max<std::size_t>(points.size() - 1, 1); ++k) {
    const Point a = points[k];
    const Point b = points[std::min(k + 1, points.size() - 1)];
    for (Index j = clipped(std::min(a.y, b.y) - reach, height_); j < clipped(std::max(a.y, b.y) + reach + 1, height_);
         ++j) {
      for (Index i = clipped(std::min(a.x, b.x) - reach, width_); i < clipped(std::max(a.x, b.x) + reach + 1, width_);
           ++i) {
        float& pixel = coverage[(j - top) * columns + i - left];
        const double x = static_cast<double>(i) + 0.5, y = static_cast<double>(j) + 0.5;
        pixel = std::max(pixel, static_cast<float>(coverage_of_segment(x, y, a, b, line_width)));
      }
    }
  }
  for (Index j = top; j < bottom; ++j) {
    for (Index i = left; i < right; ++i) {
      const float covered = coverage[(j - top) * columns + i - left];
      if (covered > 0) blend_pixel(i, j, color, covered);
    }
  }
}

void Canvas::draw_line(Point from, Point to, Color color, double line_width) {
  draw_polyline(std::array{from, to}, color, line_width);
}

void Canvas::draw_text(const Font& font, Point position, std::string_view text, const TextStyle& style) {
  const double size = style.size * std::min(1.0, style.longest / std::max(1.0, font.width(text, style.size)));
  const TextMask mask = font.rasterize(text, size);
  double along = 0, across = 0;
  if (style.horizontal == HorizontalAlign::center) along = -font.width(text, size) / 2;
  if (style.horizontal == HorizontalAlign::right) along = -font.width(text, size);
  if (style.vertical == VerticalAlign::top) across = font.cap_height(size);
  if (style.vertical == VerticalAlign::middle) across = font.cap_height(size) / 2;
  if (style.vertical == VerticalAlign::bottom) across = -font.descent(size);
  const auto start_along = static_cast<Index>(std::lround((style.upward ? -position.y : position.x) + along));
  const auto start_across = static_cast<Index>(std::lround((style.upward ? position.x : position.y) + across));
  for (Index j = 0; j < mask.height; ++j) {
    for (Index i = 0; i < mask.width; ++i) {
      const double covered = mask.coverage[j * mask.width + i] / 255.0;
      const Index u = start_along + mask.left + i;
      const Index v = start_across + mask.top + j;
      if (covered > 0) blend_pixel(style.upward ? v : u, style.upward ? -u - 1 : v, style.color, covered);
    }
  }
}

void Canvas::write_png(const std::filesystem::path& path) const {
  std::string bytes;
  const auto append = [](void* context, void* data, int size) {
    static_cast<std::string*>(context)->append(static_cast<const char*>(data), static_cast<std::size_t>(size));
  };
  static_assert(sizeof(Color) == 3);
  if (stbi_write_png_to_func(append, &bytes, static_cast<int>(width_), static_cast<int>(height_), 3, pixels_.data(),
                             static_cast<int>(3 * width_)) == 0) {
    throw IoError("Canvas::write_png: " + path.string() + ": the image could not be encoded");
  }
  std::filesystem::path beside = path;
  beside += ".partial";
  errno = 0;
  std::ofstream stream(beside, std::ios::binary);
  stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  stream.close();
  std::error_code error;
  if (!stream) error = std::error_code(errno, std::generic_category());
  const bool written = static_cast<bool>(stream);
  if (written) std::filesystem::rename(beside, path, error);
  if (!written || error) {
    std::error_code ignored;
    std::filesystem::remove(beside, ignored);
    throw IoError("Canvas::write_png: cannot write " + path.string() + ": " + error.message());
  }
}

}  // namespace tessera
