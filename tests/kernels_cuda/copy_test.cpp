#include "kernels/copy.hpp"

#include <cstdint>

#include "tessera/core/error.hpp"
#include "tests/kernels/levels.hpp"
#include "tests/kernels_cuda/on_device.hpp"

namespace tessera::kernels {
namespace {

struct BoxCase {
  Shape extent, source_strides, destination_strides;
  Index source_start = 0, destination_start = 0;
};

const std::vector<BoxCase> kCases = {
    {{}, {}, {}},
    {{7}, {1}, {1}},
    {{8}, {1}, {1}},
    {{8}, {1}, {1}, 4, 1},
    {{7}, {2}, {3}},
    {{3, 5}, {9, 1}, {5, 1}},
    {{3, 6}, {10, 1}, {6, 1}},
    {{3, 8}, {12, 1}, {8, 1}, 4, 8},
    {{3, 8}, {11, 1}, {8, 1}},
    {{3, 5}, {1, 3}, {5, 1}},
    {{3, 5}, {5, 1}, {1, 3}},
    {{2, 3, 4}, {24, 8, 2}, {12, 4, 1}},
    {{2, 1, 4}, {4, 99, 1}, {4, 77, 1}},
    {{2, 0, 4}, {4, 99, 1}, {4, 77, 1}},
    {{2, 3, 2, 2, 1, 3, 2, 2}, {144, 48, 24, 12, 12, 4, 2, 1}, {500, 100, 48, 24, 24, 8, 3, 1}},
    {{4, 3}, {0, 1}, {3, 1}},
    {{3}, {-1}, {1}, 2, 0},
    {{40, 60, 70}, {5000, 80, 1}, {4200, 70, 1}},
};

class DeviceCopy : public tessera::test::OnDevice {
 protected:
  /// `on_host` and `on_device` do the same to a copy each.
  template <class T, class OnHost, class OnDevice>
  void check(const BoxCase& box, OnHost on_host, OnDevice on_device) const {
    SCOPED_TRACE(testing::Message() << to_string(box.extent) << " from " << to_string(box.source_strides) << " to "
                                    << to_string(box.destination_strides));
    constexpr std::size_t kSize = 210'000;
    std::vector<T> source(kSize), destination(kSize, T(2));
    for (std::size_t i = 0; i < source.size(); ++i) source[i] = static_cast<T>(static_cast<float>(i));
    const auto device_source = to_device(source);
    auto device_destination = to_device(destination);
    on_host(box.extent, source.data() + box.source_start, box.source_strides,
            destination.data() + box.destination_start, box.destination_strides);
    on_device(stream(), box.extent, device_source.data() + box.source_start, box.source_strides,
              device_destination.data() + box.destination_start, box.destination_strides);
    EXPECT_EQ(to_host(device_destination), destination);
  }

  template <class T>
  void check_copy(const BoxCase& box) const {
    const auto copy = [](const auto&... arguments) { copy_box(arguments...); };
    check<T>(box, copy, copy);
  }

  template <class T>
  void check_add(const BoxCase& box) const {
    const auto add = [](const auto&... arguments) { add_box(arguments...); };
    check<T>(box, add, add);
  }
};

TEST_F(DeviceCopy, CopiesEveryBoxAsTheCpuDoes) {
  for (const BoxCase& box : kCases) {
    check_copy<float>(box);
    check_copy<double>(box);
    check_copy<std::complex<float>>(box);
    check_copy<std::complex<double>>(box);
    check_copy<std::int32_t>(box);
    check_copy<std::int64_t>(box);
  }
}

TEST_F(DeviceCopy, AddsEveryBoxAsTheCpuDoes) {
  for (const BoxCase& box : kCases) {
    check_add<float>(box);
    check_add<double>(box);
    check_add<std::complex<float>>(box);
    check_add<std::complex<double>>(box);
  }
}

TEST_F(DeviceCopy, AddsInOrderWhereTheDestinationStrideIsZero) {
  check_add<float>({{200, 300}, {300, 1}, {0, 1}});
  check_add<double>({{4, 30, 5}, {150, 5, 1}, {5, 0, 1}});
  check_add<std::complex<float>>({{7}, {1}, {0}});
}

TEST_F(DeviceCopy, ConvertsToAndFromBFloat16) {
  for (const Index count : tessera::test::kCounts) {
    for (const Index offset : {0, 1}) {
      test::Values values;
      const auto wide = values.array<float>(count);
      const auto device_wide = to_device(wide, offset);
      auto device_narrow = to_device(std::vector<BFloat16>(wide.size(), BFloat16(7.0f)), offset);
      auto device_again = to_device(wide, offset);
      copy_converted(stream(), count, device_wide.data() + offset, device_narrow.data() + offset);
      copy_converted(stream(), count, device_narrow.data() + offset, device_again.data() + offset);
      const auto again = to_host(device_again, offset);
      for (std::size_t i = 0; i < wide.size(); ++i) ASSERT_EQ(again[i], static_cast<float>(BFloat16(wide[i]))) << i;
    }
  }
}

TEST_F(DeviceCopy, RefusesMoreAxesThanAKernelTakes) {
  const Shape extent(9, 2), strides = {6561, 2187, 729, 243, 81, 27, 9, 3, 1};
  auto values = to_device(std::vector<float>(20'000));
  EXPECT_THROW(copy_box<float>(stream(), extent, values.data(), strides, values.data(), strides), ShapeError);
  EXPECT_THROW(add_box<float>(stream(), extent, values.data(), strides, values.data(), strides), ShapeError);
  EXPECT_THROW(copy_box<float>(stream(), {1}, values.data(), {}, values.data(), {1}), ShapeError);
}

}  // namespace
}  // namespace tessera::kernels
