#include "kernels/pointwise_block.hpp"

#include <cmath>
#include <limits>

#include "kernels/activation.hpp"
#include "kernels/elementwise.hpp"
#include "kernels/products.hpp"
#include "tests/kernels/levels.hpp"
#include "tests/kernels_cuda/on_device.hpp"

namespace tessera::kernels {
namespace {

const std::vector<Index> kWidths = {1, 20, 33, 64, 70};
const std::vector<Index> kPoints = {0, 1, 7, 129, 1000};

class DevicePointwiseBlock : public tessera::test::OnDevice {
 protected:
  template <class T, class Expected>
  void expect_near(const std::vector<T>& found, const std::vector<Expected>& expected, double bound) const {
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) ASSERT_LE(std::abs(found[i] - expected[i]), bound) << i;
  }

  template <class T>
  static double bound(double terms) {
    return 8 * (terms + 4) * std::numeric_limits<T>::epsilon();
  }

  template <class T>
  void check_forward(Index width, Index points) const {
    SCOPED_TRACE(testing::Message() << scalar_name<T>() << ", width " << width << ", " << points << " points");
    test::Values values;
    const auto weight = values.array<T>(width * width);
    const auto v = values.array<T>(width * points), s = values.array<T>(width * points);
    const auto device_weight = to_device(weight), device_v = to_device(v);
    auto z = s, activated = s;
    apply_along_axis<T>(1, width, width, points, weight.data(), nullptr, v.data(), z.data());
    axpy(width * points, T(1), s.data(), z.data());
    gelu(width * points, z.data(), activated.data());

    // z over s, and no z with the activated values over s.
    auto device_s = to_device(s), device_activated = to_device(s);
    block_forward<T>(stream(), width, points, device_weight.data(), device_v.data(), device_s.data(), device_s.data(),
                     device_activated.data());
    expect_near(to_host(device_s), z, bound<T>(static_cast<double>(width)));
    expect_near(to_host(device_activated), activated, bound<T>(static_cast<double>(width)));
    device_s = to_device(s);
    block_forward<T>(stream(), width, points, device_weight.data(), device_v.data(), device_s.data(), nullptr,
                     device_s.data());
    expect_near(to_host(device_s), activated, bound<T>(static_cast<double>(width)));
  }

  template <class T>
  void check_backward(Index width, Index points) const {
    SCOPED_TRACE(testing::Message() << scalar_name<T>() << ", width " << width << ", " << points << " points");
    test::Values values;
    const auto weight = values.array<T>(width * width), v = values.array<T>(width * points),
               z = values.array<T>(width * points), gactivated = values.array<T>(width * points),
               s = values.array<T>(width * points);
    auto sums = values.array<double>(width * width);
    auto gz = gactivated, gv = s;
    gelu_backward(width * points, z.data(), gactivated.data(), gz.data());
    const auto device_z = to_device(z), device_v = to_device(v), device_weight = to_device(weight);
    auto device_gz = to_device(gactivated), device_gv = to_device(s);
    auto device_sums = to_device(sums), again = to_device(sums), other_gz = to_device(s);
    const auto device_gactivated = to_device(gactivated);
    block_backward_activation<T>(stream(), width, points, device_z.data(), device_gactivated.data(), device_v.data(),
                                 other_gz.data(), again.data());
    block_backward_activation<T>(stream(), width, points, device_z.data(), device_gz.data(), device_v.data(),
                                 device_gz.data(), device_sums.data());
    expect_near(to_host(device_gz), gz, bound<T>(1));
    EXPECT_EQ(to_host(other_gz), to_host(device_gz));
    EXPECT_EQ(to_host(again), to_host(device_sums));
    add_dot_products(width, width, points, gz.data(), points, v.data(), points, sums.data());
    expect_near(to_host(device_sums), sums, bound<T>(4 * std::sqrt(static_cast<double>(points))));

    block_backward_input<T>(stream(), width, points, device_weight.data(), device_gz.data(), device_gv.data(),
                            device_gv.data());
    apply_transposed_along_axis(1, width, width, points, weight.data(), gz.data(), gv.data());
    axpy(width * points, T(1), s.data(), gv.data());
    expect_near(to_host(device_gv), gv, bound<T>(static_cast<double>(width)));
  }
};

TEST_F(DevicePointwiseBlock, ForwardAgreesWithTheCpu) {
  for (const Index width : kWidths) {
    for (const Index points : kPoints) {
      check_forward<float>(width, points);
      check_forward<double>(width, points);
    }
  }
}

TEST_F(DevicePointwiseBlock, BackwardAgreesWithTheCpuAndIsTheSameEveryTime) {
  for (const Index width : kWidths) {
    for (const Index points : kPoints) {
      check_backward<float>(width, points);
      check_backward<double>(width, points);
    }
  }
}

TEST_F(DevicePointwiseBlock, MoreTilesThanBlocks) {
  check_forward<float>(2, 9'000'001);
  check_backward<float>(5, 1'000'003);
}

}  // namespace
}  // namespace tessera::kernels
