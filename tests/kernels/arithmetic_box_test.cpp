#include <gtest/gtest.h>

#include <cstdint>

#include "kernels/arithmetic/box.hpp"
#include "kernels/box_axes.hpp"
#include "tessera/core/error.hpp"

namespace tessera::kernels {
namespace {

template <class Number>
void check_every_element() {
  BoxAxes box;
  box.count = 3;
  box.axes[0] = {2, 100, -7};
  box.axes[1] = {3, 10, 0};
  box.axes[2] = {5, 1, 3};
  Number flat = 0;
  for (std::int64_t i = 0; i < 2; ++i) {
    for (std::int64_t j = 0; j < 3; ++j) {
      for (std::int64_t k = 0; k < 5; ++k, ++flat) {
        const BoxOffsets at = box_offsets(box, flat);
        EXPECT_EQ(at.source, 100 * i + 10 * j + k);
        EXPECT_EQ(at.destination, -7 * i + 3 * k);
      }
    }
  }
}

TEST(ArithmeticBox, OffsetsOfEveryElement) {
  check_every_element<std::uint32_t>();
  check_every_element<std::uint64_t>();
}

TEST(ArithmeticBox, ABoxWithoutAxesIsOneElement) {
  const BoxOffsets at = box_offsets(BoxAxes{}, std::uint32_t{0});
  EXPECT_EQ(at.source, 0);
  EXPECT_EQ(at.destination, 0);
}

TEST(ArithmeticBox, OffsetsPastTwoBillion) {
  BoxAxes box;
  box.count = 2;
  box.axes[0] = {3, std::int64_t{5} << 32, std::int64_t{1} << 32};
  box.axes[1] = {std::int64_t{1} << 32, 1, 1};
  const std::uint64_t flat = (std::uint64_t{2} << 32) + 17;
  EXPECT_EQ(box_offsets(box, flat).source, (std::int64_t{10} << 32) + 17);
  EXPECT_EQ(box_offsets(box, flat).destination, (std::int64_t{2} << 32) + 17);
}

TEST(ArithmeticBox, AxesAreMergedAndOrderedForTheDestination) {
  const std::vector<BoxAxis> merged = merged_axes("test", {4, 1, 2, 3}, {1, 9, 12, 4}, {50, 9, 3, 1});
  ASSERT_EQ(merged.size(), 2u);
  EXPECT_EQ(merged[0].extent, 4);
  EXPECT_EQ(merged[0].source_stride, 1);
  EXPECT_EQ(merged[0].destination_stride, 50);
  EXPECT_EQ(merged[1].extent, 6);
  EXPECT_EQ(merged[1].source_stride, 4);
  EXPECT_EQ(merged[1].destination_stride, 1);
  EXPECT_THROW(merged_axes("test", {4}, {1, 1}, {1}), ShapeError);
}

}  // namespace
}  // namespace tessera::kernels
