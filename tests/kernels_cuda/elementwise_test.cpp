#include "kernels/elementwise.hpp"

#include <cmath>
#include <limits>

#include "kernels/copy.hpp"
#include "tests/kernels/levels.hpp"
#include "tests/kernels_cuda/on_device.hpp"

namespace tessera::kernels {
namespace {

class DeviceElementwise : public tessera::test::OnDevice {
 protected:
  template <class T>
  void expect_near(const std::vector<T>& found, const std::vector<T>& expected, double units) const {
    ASSERT_EQ(found.size(), expected.size());
    const double bound = units * std::numeric_limits<RealPart<T>>::epsilon();
    for (std::size_t i = 0; i < found.size(); ++i) ASSERT_LE(std::abs(found[i] - expected[i]), bound) << i;
  }

  /// With arrays aligned to wide loads (`offset` 0) or not.
  template <class T>
  void check_updates(Index count, Index offset) const {
    SCOPED_TRACE(testing::Message() << scalar_name<T>() << ", " << count << " elements from " << offset);
    test::Values values;
    const auto x = values.array<T>(count), y = values.array<T>(count);
    const auto a = static_cast<RealPart<T>>(0.75);
    auto added = y, scaled = x;
    axpy(count, a, x.data(), added.data());
    scale(count, a, scaled.data());
    auto device_x = to_device(x, offset), device_y = to_device(y, offset);
    axpy<T>(stream(), count, a, device_x.data() + offset, device_y.data() + offset);
    scale(stream(), count, a, device_x.data() + offset);
    expect_near(to_host(device_y, offset), added, 4);
    expect_near(to_host(device_x, offset), scaled, 0);
    set_zero(stream(), count, device_x.data() + offset);
    expect_near(to_host(device_x, offset), std::vector<T>(x.size()), 0);
  }

  template <class T>
  void check_product(Index count, Index offset) const {
    test::Values values;
    const auto x = values.array<T>(count);
    auto y = values.array<T>(count);
    const auto device_x = to_device(x, offset);
    auto device_y = to_device(y, offset);
    multiply_elements<T>(stream(), count, device_x.data() + offset, device_y.data() + offset);
    multiply_elements(count, x.data(), y.data());
    expect_near(to_host(device_y, offset), y, 0);
    affine(stream(), count, T(0.75), T(-3), device_y.data() + offset);
    affine(count, T(0.75), T(-3), y.data());
    expect_near(to_host(device_y, offset), y, 4);
  }

  template <class T>
  void check_rows(Index count, Index offset) const {
    const std::vector<double> a = {0.7, -3.0, 0.0};
    test::Values values;
    auto x = values.array<T>(3 * count);
    const auto device_a = to_device(a);
    auto device_x = to_device(x, offset);
    scale_rows<T>(stream(), 3, count, device_a.data(), device_x.data() + offset);
    scale_rows(3, count, a.data(), x.data());
    expect_near(to_host(device_x, offset), x, 0);
  }

  template <class T>
  void check_adam(Index count, Index offset) const {
    SCOPED_TRACE(testing::Message() << scalar_name<T>() << ", " << count << " elements from " << offset);
    using R = RealPart<T>;
    test::Values values;
    const auto gradient = values.array<T>(count);
    auto weight = values.array<T>(count), first = values.array<T>(count);
    auto second = values.array<R>(count);
    for (R& value : second) value = std::abs(value) + R(0.1);
    const AdamStep step{1e-2, 0.9, 0.999, 1e-8, 0.271, 0.003, 0.05, 0.5};
    const auto device_gradient = to_device(gradient, offset);
    auto device_weight = to_device(weight, offset), device_first = to_device(first, offset);
    auto device_second = to_device(second, offset);
    adam_update<T>(stream(), count, step, device_gradient.data() + offset, device_weight.data() + offset,
                   device_first.data() + offset, device_second.data() + offset);
    adam_update(count, step, gradient.data(), weight.data(), first.data(), second.data());
    expect_near(to_host(device_weight, offset), weight, 20);
    expect_near(to_host(device_first, offset), first, 4);
    expect_near(to_host(device_second, offset), second, 4);
  }
};

TEST_F(DeviceElementwise, UpdatesAgreeWithTheCpu) {
  for (const Index count : tessera::test::kCounts) {
    for (const Index offset : {0, 1}) {
      check_updates<float>(count, offset);
      check_updates<double>(count, offset);
      check_updates<std::complex<float>>(count, offset);
      check_updates<std::complex<double>>(count, offset);
      check_product<float>(count, offset);
      check_product<double>(count, offset);
      check_rows<float>(count, offset);
      check_rows<double>(count, offset);
    }
  }
}

TEST_F(DeviceElementwise, AdamAgreesWithTheCpu) {
  for (const Index count : tessera::test::kCounts) {
    for (const Index offset : {0, 1}) {
      check_adam<float>(count, offset);
      check_adam<double>(count, offset);
      check_adam<std::complex<float>>(count, offset);
      check_adam<std::complex<double>>(count, offset);
    }
  }
}

TEST_F(DeviceElementwise, MoreElementsThanThreads) {
  constexpr Index kCount = (Index{1} << 24) + 5;
  const std::vector<float> ones(static_cast<std::size_t>(kCount), 1.0f);
  auto values = to_device(ones, 1);
  scale(stream(), kCount, 3.0f, values.data() + 1);
  EXPECT_EQ(to_host(values, 1), std::vector<float>(ones.size(), 3.0f));
}

}  // namespace
}  // namespace tessera::kernels
