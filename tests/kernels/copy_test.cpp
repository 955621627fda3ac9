#include "kernels/copy.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>

#include "kernels/cpu_dispatch.hpp"
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

/// `copy`: copy_box or stream_box.
template <class T, class Copy>
void check_case(const BoxCase& box, Copy copy) {
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
  copy(box.extent, source.data(), box.source_strides, destination.data(), box.destination_strides);
  EXPECT_EQ(destination, expected) << to_string(box.extent);
}

template <class Copy>
void check_case_in_every_type(const BoxCase& box, Copy copy) {
  check_case<float>(box, copy);
  check_case<double>(box, copy);
  check_case<std::complex<float>>(box, copy);
  check_case<std::complex<double>>(box, copy);
  check_case<std::int32_t>(box, copy);
  check_case<std::int64_t>(box, copy);
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
    check_case_in_every_type(box, [](const auto&... arguments) { copy_box(arguments...); });
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
  stream_box<float>({3, 0, 2}, nullptr, {0, 2, 1}, nullptr, {0, 2, 1});
  add_box<float>({0}, nullptr, {1}, nullptr, {1});
  set_zero<double>(0, nullptr);
}

TEST(Copy, RefusesStridesOfAnotherRank) {
  float value = 0;
  EXPECT_THROW(copy_box<float>({1, 1}, &value, {1}, &value, {1, 1}), ShapeError);
  EXPECT_THROW(stream_box<float>({1, 1}, &value, {1}, &value, {1, 1}), ShapeError);
  EXPECT_THROW(add_box<float>({1}, &value, {1}, &value, {1, 1}), ShapeError);
}

TEST(Copy, SetZeroStopsAtTheEnd) {
  std::vector<std::complex<float>> values(4, {1, 2});
  set_zero<std::complex<float>>(3, values.data());
  EXPECT_EQ(values, (std::vector<std::complex<float>>{{}, {}, {}, {1, 2}}));
}

class StreamedCopy : public test::EveryLevel {};
INSTANTIATE_TEST_SUITE_P(Levels, StreamedCopy, testing::ValuesIn(simd_levels()), test::level_name);

TEST_P(StreamedCopy, CopiesEveryBoxExactly) {
  for (const BoxCase& box : kCases) {
    check_case_in_every_type(box, [](const auto&... arguments) { stream_box(arguments...); });
  }
}

TEST_P(StreamedCopy, CopiesRunsOfAnyLengthFromAndToAnyPlaceInACacheLine) {
  const std::vector<float> source = test::Values().array<float>(160);
  for (Index length = 0; length < 70; ++length) {
    for (Index from = 0; from < 4; ++from) {
      for (Index to = 0; to < 18; ++to) {
        std::vector<float> destination(100, -7.0f);
        std::vector<float> expected = destination;
        std::copy_n(source.begin() + from, length, expected.begin() + to);
        stream_box<float>({length}, source.data() + from, {1}, destination.data() + to, {1});
        ASSERT_EQ(destination, expected) << length << " from " << from << " to " << to;
      }
    }
  }
}

}  // namespace
}  // namespace tessera::kernels
