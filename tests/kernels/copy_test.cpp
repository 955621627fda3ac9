#include "kernels/copy.hpp"

#include <gtest/gtest.h>

#include <cstdint>

#include "tessera/core/error.hpp"
#include "tests/kernels/levels.hpp"

namespace tessera::kernels {
namespace {

/// Offset of the multi-index with row-major number `flat`.
Index offset(const Shape& extent, const Shape& strides, Index flat) {
  Index at = 0;
  for (std::size_t axis = extent.size(); axis > 0; --axis) {
    at += flat % extent[axis - 1] * strides[axis - 1];
    flat /= extent[axis - 1];
  }
  return at;
}

struct BoxCase {
  Shape extent, source_strides, destination_strides;
};

const std::vector<BoxCase> kCases = {
    {{}, {}, {}},
    {{7}, {1}, {1}},
    {{7}, {2}, {3}},
    {{3, 5}, {5, 1}, {5, 1}},
    {{3, 5}, {9, 1}, {5, 1}},
    {{3, 5}, {1, 3}, {5, 1}},
    {{3, 5}, {5, 1}, {1, 3}},
    {{2, 3, 4}, {12, 4, 1}, {40, 8, 1}},
    {{2, 3, 4}, {24, 8, 2}, {12, 4, 1}},
    {{2, 1, 4}, {4, 99, 1}, {4, 77, 1}},
    {{1, 1}, {5, 5}, {5, 5}},
    {{2, 3, 2, 2, 1, 3, 2, 2}, {144, 48, 24, 12, 12, 4, 2, 1}, {500, 100, 48, 24, 24, 8, 3, 1}},
    {{4, 3}, {0, 1}, {3, 1}},
};

template <class T>
void check_case(const BoxCase& box) {
  const Index count = volume(box.extent);
  std::vector<T> source(1200), destination(1200);
  for (std::size_t i = 0; i < source.size(); ++i) {
    source[i] = static_cast<T>(static_cast<float>(i));
    destination[i] = static_cast<T>(-1.0f);
  }
  auto expected = destination;
  for (Index flat = 0; flat < count; ++flat) {
    expected[offset(box.extent, box.destination_strides, flat)] = source[offset(box.extent, box.source_strides, flat)];
  }
  copy_box(box.extent, source.data(), box.source_strides, destination.data(), box.destination_strides);
  EXPECT_EQ(destination, expected) << to_string(box.extent);
}

template <class T>
void check_add(const BoxCase& box) {
  std::vector<T> source(1200), destination(1200, T(2));
  for (std::size_t i = 0; i < source.size(); ++i) source[i] = static_cast<T>(static_cast<float>(i));
  auto expected = destination;
  for (Index flat = 0; flat < volume(box.extent); ++flat) {
    expected[offset(box.extent, box.destination_strides, flat)] += source[offset(box.extent, box.source_strides, flat)];
  }
  add_box(box.extent, source.data(), box.source_strides, destination.data(), box.destination_strides);
  EXPECT_EQ(destination, expected) << to_string(box.extent);
}

TEST(Copy, CopiesEveryBoxExactly) {
  for (const BoxCase& box : kCases) {
    check_case<float>(box);
    check_case<double>(box);
    check_case<std::complex<float>>(box);
    check_case<std::complex<double>>(box);
    check_case<std::int32_t>(box);
    check_case<std::int64_t>(box);
  }
}

TEST(Copy, AddsEveryBoxExactly) {
  for (const BoxCase& box : kCases) {
    check_add<float>(box);
    check_add<double>(box);
    check_add<std::complex<float>>(box);
    check_add<std::complex<double>>(box);
  }
}

TEST(Copy, AddsRepeatedlyWhereTheDestinationStrideIsZero) {
  const std::vector<float> source = {1, 2, 3, 4, 5, 6};
  std::vector<float> sums = {10, 20, 30};
  add_box<float>({2, 3}, source.data(), {3, 1}, sums.data(), {0, 1});
  EXPECT_EQ(sums, (std::vector<float>{15, 27, 39}));
}

TEST(Copy, CopiesBackwardsThroughANegativeStride) {
  const std::vector<double> source = {1, 2, 3};
  std::vector<double> reversed(3);
  copy_box<double>({3}, source.data() + 2, {-1}, reversed.data(), {1});
  EXPECT_EQ(reversed, (std::vector<double>{3, 2, 1}));
}

TEST(Copy, AnEmptyBoxTouchesNothing) {
  copy_box<float>({3, 0, 2}, nullptr, {0, 2, 1}, nullptr, {0, 2, 1});
  add_box<float>({0}, nullptr, {1}, nullptr, {1});
  set_zero<double>(0, nullptr);
}

TEST(Copy, RefusesStridesOfAnotherRank) {
  float value = 0;
  EXPECT_THROW(copy_box<float>({1, 1}, &value, {1}, &value, {1, 1}), ShapeError);
  EXPECT_THROW(add_box<float>({1}, &value, {1}, &value, {1, 1}), ShapeError);
}

TEST(Copy, SetZeroStopsAtTheEnd) {
  std::vector<std::complex<float>> values(4, {1, 2});
  set_zero<std::complex<float>>(3, values.data());
  EXPECT_EQ(values, (std::vector<std::complex<float>>{{}, {}, {}, {1, 2}}));
}

}  // namespace
}  // namespace tessera::kernels
