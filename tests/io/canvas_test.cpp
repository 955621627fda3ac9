#include "tessera/io/canvas.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#define STBI_ONLY_PNG
#include <stb/stb_image.h>

#include <algorithm>
#include <filesystem>

#include "io/picture_checks.hpp"
#include "tessera/core/error.hpp"

namespace tessera {
namespace {

constexpr Color kBlue{0, 114, 178};

using namespace testing_support;

Extent ink_of(const Canvas& canvas) {
  return extent_of(canvas, [](Color pixel) { return pixel != kWhite; });
}

std::filesystem::path folder() {
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("tessera_figure_" + std::to_string(getpid()));
  std::filesystem::create_directories(path);
  return path;
}

TEST(Canvas, ChecksItsSizeAndClips) {
  EXPECT_THROW(Canvas(0, 5), ShapeError);
  EXPECT_THROW(Canvas(5, 40000), ShapeError);
  Canvas canvas(7, 5);
  EXPECT_THROW(canvas.pixel(7, 0), ArgumentError);
  canvas.fill_rectangle(-3, 3, 5, 40, kBlue);
  EXPECT_EQ(extent_of(canvas, kBlue).count, 2 * 2);
  canvas.draw_line({-100, -100}, {-50, 300}, kBlack, 4);
  canvas.draw_polyline({}, kBlack);
  EXPECT_EQ(extent_of(canvas, kBlack).count, 0);
  canvas.fill(kBlack);
  canvas.draw_rectangle(1, 1, 5, 3, kBlue);
  EXPECT_EQ(extent_of(canvas, kBlue).count, 12);
}

TEST(Canvas, LinesCoverTheirWidth) {
  Canvas canvas(20, 20);
  canvas.draw_line({0, 10}, {20, 10}, kBlack, 4);
  EXPECT_EQ(canvas.pixel(10, 8), kBlack);
  EXPECT_EQ(canvas.pixel(10, 11), kBlack);
  EXPECT_EQ(canvas.pixel(10, 6), kWhite);
  EXPECT_EQ(canvas.pixel(10, 13), kWhite);
  Canvas diagonal(20, 20);
  diagonal.draw_line({2, 3}, {18, 15}, kBlack, 1);
  const Extent grey = extent_of(diagonal, [](Color pixel) { return pixel.red > 40 && pixel.red < 215; });
  EXPECT_GT(grey.count, 10);
}

TEST(Canvas, TextIsAlignedTurnedAndShrunk) {
  for (const Font& font : {Font::standard(), Font::built_in()}) {
    const double length = font.width("Ellipse", 20), cap = font.cap_height(20);
    Canvas level(200, 200);
    level.draw_text(font, {100, 100}, "Ellipse", {20, kBlack, HorizontalAlign::right, VerticalAlign::top});
    const Extent ink = ink_of(level);
    EXPECT_NEAR(static_cast<double>(ink.left), 100 - length, 4);
    EXPECT_NEAR(static_cast<double>(ink.right), 98, 4);
    EXPECT_NEAR(static_cast<double>(ink.top), 100, 2);
    EXPECT_NEAR(static_cast<double>(ink.bottom), 100 + cap, 6);

    Canvas turned(200, 200);
    turned.draw_text(font, {100, 100}, "Ellipse", {20, kBlack, HorizontalAlign::right, VerticalAlign::top, true});
    for (Index y = 0; y < 200; ++y) {
      for (Index x = 0; x < 200; ++x) ASSERT_EQ(turned.pixel(y, 199 - x), level.pixel(x, y)) << x << " " << y;
    }
    EXPECT_EQ(ink_of(turned).count, ink.count);
    EXPECT_NEAR(static_cast<double>(ink_of(turned).bottom), 100 + length, 4);

    Canvas shrunk(200, 200);
    shrunk.draw_text(font, {10, 100}, "Ellipse", {20, kBlack, HorizontalAlign::left, VerticalAlign::top, false, 40});
    EXPECT_LE(ink_of(shrunk).right, 51);
    EXPECT_GT(ink_of(shrunk).count, 0);
    shrunk.draw_text(font, {0, 0}, "");
  }
}

TEST(Font, ReadsUtf8AndFiles) {
  const Font font = Font::built_in();
  EXPECT_EQ(font.width("10⁻³", 20), font.width("10^-3", 20));
  EXPECT_EQ(font.width("−1×ω", 20), font.width("-1x?", 20));
  EXPECT_EQ(font.width("a\xC3", 20), font.width("a?", 20));
  EXPECT_NE(message_of<IoError>([] { Font::load("/no/such/font.ttf"); }).find("/no/such/font.ttf"), std::string::npos);
  EXPECT_NE(message_of<IoError>([] { Font::load(__FILE__); }).find("not a TrueType"), std::string::npos);
}

TEST(Png, ReadsBackAsDrawn) {
  Canvas canvas(37, 11);
  for (Index x = 0; x < 37; ++x) canvas.set_pixel(x, x % 11, Colormap::viridis().color(static_cast<double>(x) / 36));
  const std::filesystem::path path = folder() / "image.png";
  canvas.write_png(path);
  canvas.write_png(path);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder()), {}), 1);
  int width = 0, height = 0, channels = 0;
  stbi_uc* pixels = stbi_load(path.c_str(), &width, &height, &channels, 0);
  ASSERT_NE(pixels, nullptr) << stbi_failure_reason();
  EXPECT_EQ(width, 37);
  EXPECT_EQ(height, 11);
  ASSERT_EQ(channels, 3);
  for (Index k = 0; k < 37 * 11; ++k) {
    ASSERT_EQ((Color{pixels[3 * k], pixels[3 * k + 1], pixels[3 * k + 2]}), canvas.pixel(k % 37, k / 37));
  }
  stbi_image_free(pixels);
  std::filesystem::remove_all(folder());
}

TEST(Png, NamesPathAndReasonWhenItCannotWrite) {
  const std::filesystem::path missing = folder() / "no_such_folder" / "image.png";
  const std::string message = message_of<IoError>([&] { Canvas(3, 3).write_png(missing); });
  EXPECT_NE(message.find(missing.string()), std::string::npos) << message;
  EXPECT_NE(message.find("No such file"), std::string::npos) << message;
  std::filesystem::create_directories(folder() / "occupied" / "inside");
  EXPECT_THROW(Canvas(3, 3).write_png(folder() / "occupied"), IoError);
  EXPECT_FALSE(std::filesystem::exists(folder() / "occupied.partial"));
  std::filesystem::remove_all(folder());
}

}  // namespace
}  // namespace tessera
