#include "kernels/activation.hpp"

#include <cmath>
#include <limits>
#include <type_traits>

#include "tests/kernels/levels.hpp"
#include "tests/kernels_cuda/on_device.hpp"

namespace tessera::kernels {
namespace {

class DeviceActivation : public tessera::test::OnDevice {
 protected:
  /// The sum of the errors both definitions state.
  template <class T>
  static double bound(T x) {
    return (std::is_same_v<T, float> ? 8e-7 : 4e-15) * std::max(1.0, std::abs(static_cast<double>(x)));
  }

  template <class T>
  void check(Index count, Index offset) const {
    SCOPED_TRACE(testing::Message() << scalar_name<T>() << ", " << count << " elements from " << offset);
    test::Values values;
    auto x = values.array<T>(count);
    const auto gy = values.array<T>(count);
    for (T& value : x) value *= 8;
    std::vector<T> y(x.size()), slope(x.size()), gx(x.size());
    gelu_with_derivative(count, x.data(), y.data(), slope.data());
    gelu_backward(count, x.data(), gy.data(), gx.data());

    const auto device_x = to_device(x, offset);
    auto device_y = to_device(x, offset), device_both = to_device(x, offset), device_slope = to_device(x, offset);
    auto device_gx = to_device(gy, offset);
    // In place, where that is allowed.
    gelu<T>(stream(), count, device_y.data() + offset, device_y.data() + offset);
    gelu_with_derivative<T>(stream(), count, device_x.data() + offset, device_both.data() + offset,
                            device_slope.data() + offset);
    gelu_backward<T>(stream(), count, device_x.data() + offset, device_gx.data() + offset, device_gx.data() + offset);
    const auto found_y = to_host(device_y, offset), found_slope = to_host(device_slope, offset);
    const auto found_gx = to_host(device_gx, offset);
    EXPECT_EQ(to_host(device_both, offset), found_y);
    for (std::size_t i = 0; i < x.size(); ++i) {
      ASSERT_NEAR(found_y[i], y[i], bound(x[i])) << x[i];
      ASSERT_NEAR(found_slope[i], slope[i], bound(T(1))) << x[i];
      ASSERT_NEAR(found_gx[i], gx[i], bound(T(1))) << x[i];
    }
  }

  template <class T>
  void check_extremes() const {
    const T infinity = std::numeric_limits<T>::infinity();
    const std::vector<T> x = {infinity, -infinity, std::numeric_limits<T>::quiet_NaN(), T(1e30), T(-1e30), T(0)};
    const auto device_x = to_device(x);
    DeviceBuffer<T> device_y(stream(), device_x.size()), device_slope(stream(), device_x.size());
    gelu_with_derivative<T>(stream(), device_x.size(), device_x.data(), device_y.data(), device_slope.data());
    const auto y = to_host(device_y), slope = to_host(device_slope);
    EXPECT_EQ(y[0], infinity);
    EXPECT_EQ(slope[0], T(1));
    EXPECT_EQ(y[1], T(0));
    EXPECT_EQ(slope[1], T(0));
    EXPECT_TRUE(std::isnan(y[2]) && std::isnan(slope[2]));
    EXPECT_EQ(y[3], x[3]);
    EXPECT_EQ(y[4], T(0));
    EXPECT_EQ(y[5], T(0));
    EXPECT_NEAR(slope[5], T(0.5), 1e-7);
  }
};

TEST_F(DeviceActivation, AgreesWithTheCpu) {
  for (const Index count : tessera::test::kCounts) {
    for (const Index offset : {0, 1}) {
      check<float>(count, offset);
      check<double>(count, offset);
    }
  }
}

TEST_F(DeviceActivation, LimitsAndNan) {
  check_extremes<float>();
  check_extremes<double>();
}

}  // namespace
}  // namespace tessera::kernels
