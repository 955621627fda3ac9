#include "kernels/pointwise_block.hpp"

#include <cmath>
#include <limits>
#include <type_traits>

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

  /// `values` as they are after they were stored.
  template <class T, class Stored>
  static std::vector<T> rounded(std::vector<T> values) {
    for (T& value : values) value = static_cast<T>(static_cast<Stored>(value));
    return values;
  }

  template <class T, class Stored>
  DeviceBuffer<Stored> to_stored(const std::vector<T>& values) const {
    std::vector<Stored> stored;
    for (const T value : values) stored.push_back(static_cast<Stored>(value));
    return to_device(stored);
  }

  template <class T, class Stored>
  std::vector<T> from_stored(const DeviceBuffer<Stored>& buffer) const {
    std::vector<T> values;
    for (const Stored value : to_host(buffer)) values.push_back(static_cast<T>(value));
    return values;
  }

  /// Random input of a block, and what is stored of it.
  template <class T, class Input>
  struct Stage {
    std::vector<T> stored, v;

    Stage(test::Values& values, Index count, bool activate) : stored(rounded<T, Input>(values.array<T>(count))) {
      v = stored;
      if (activate) gelu(count, v.data(), v.data());
    }
  };

  template <class T, class Input, class Stored>
  void check_forward(Index width, Index points, bool activate, Products products) const {
    SCOPED_TRACE(testing::Message() << scalar_name<T>() << ", width " << width << ", " << points << " points"
                                    << (activate ? ", gelu on load" : "") << ", storage " << sizeof(Stored));
    test::Values values;
    const auto weight = values.array<T>(width * width), s = values.array<T>(width * points);
    const Stage<T, Input> stage(values, width * points, activate);
    const auto device_weight = to_device(weight);
    const auto device_v = to_stored<T, Input>(stage.stored);
    auto z = s, activated = s;
    apply_along_axis<T>(1, width, width, points, weight.data(), nullptr, stage.v.data(), z.data());
    axpy(width * points, T(1), s.data(), z.data());
    gelu(width * points, z.data(), activated.data());

    const bool rounds = products == Products::tensor_float32 && std::is_same_v<T, float>;
    const double near = rounds ? 2e-3 * std::sqrt(static_cast<double>(width)) : bound<T>(static_cast<double>(width));
    const double stored_near = near + (sizeof(Stored) < sizeof(T) ? static_cast<double>(width + 1) / 256 : 0);
    const BlockInput<Input> input{device_v.data(), activate};
    const auto device_s = to_device(s);
    auto device_z = to_stored<T, Stored>(s);
    auto device_activated = to_device(s);
    block_forward(stream(), width, points, device_weight.data(), input, device_s.data(), device_z.data(),
                  device_activated.data(), products);
    expect_near(from_stored<T>(device_z), z, stored_near);
    expect_near(to_host(device_activated), activated, near);
    // Of the most points once is enough: an emulated device takes long for them.
    if (points > 1'000'000) return;
    check_places(width, points, device_weight.data(), input, s, device_z, device_activated, products);
  }

  /// Where the results go changes nothing: one of them alone, over s, or over v.
  template <class T, class Input, class Stored>
  void check_places(Index width, Index points, const T* weight, const BlockInput<Input>& input, const std::vector<T>& s,
                    const DeviceBuffer<Stored>& z, const DeviceBuffer<T>& activated, Products products) const {
    auto in_place = to_device(s);
    block_forward(stream(), width, points, weight, input, in_place.data(), static_cast<Stored*>(nullptr),
                  in_place.data(), products);
    EXPECT_EQ(to_host(in_place), to_host(activated));
    const auto device_s = to_device(s);
    auto alone = to_stored<T, Stored>(s);
    block_forward(stream(), width, points, weight, input, device_s.data(), alone.data(), static_cast<T*>(nullptr),
                  products);
    EXPECT_EQ(from_stored<T>(alone), from_stored<T>(z));
    if constexpr (std::is_same_v<Input, Stored>) {
      if (width <= kMostInPlaceWidth) {
        copy_async(stream(), width * points, input.values, alone.data());
        const BlockInput<Input> overwritten{alone.data(), input.activate};
        block_forward(stream(), width, points, weight, overwritten, device_s.data(), alone.data(),
                      static_cast<T*>(nullptr), products);
        EXPECT_EQ(from_stored<T>(alone), from_stored<T>(z));
      }
    }
    if constexpr (std::is_same_v<T, Stored>) {
      in_place = to_device(s);
      block_forward(stream(), width, points, weight, input, in_place.data(), in_place.data(), static_cast<T*>(nullptr),
                    products);
      EXPECT_EQ(to_host(in_place), to_host(z));
    }
  }

  template <class T, class Input>
  void check_weight_gradient(Index width, Index points, bool activate) const {
    SCOPED_TRACE(testing::Message() << scalar_name<T>() << ", width " << width << ", " << points << " points"
                                    << (activate ? ", gelu on load" : "") << ", storage " << sizeof(Input));
    test::Values values;
    const Stage<T, Input> stage(values, width * points, activate);
    const auto gz = values.array<T>(width * points);
    auto sums = values.array<double>(width * width);
    const auto device_v = to_stored<T, Input>(stage.stored);
    const auto device_gz = to_device(gz);
    auto device_sums = to_device(sums);
    block_weight_gradient<T, Input>(stream(), width, points, device_gz.data(), {device_v.data(), activate},
                                    device_sums.data());
    add_dot_products(width, width, points, gz.data(), points, stage.v.data(), points, sums.data());
    expect_near(to_host(device_sums), sums, bound<T>(4 * std::sqrt(static_cast<double>(points))));
  }

  template <class T>
  void check_backward_input(Index width, Index points, Products products) const {
    SCOPED_TRACE(testing::Message() << scalar_name<T>() << ", width " << width << ", " << points << " points");
    test::Values values;
    const auto weight = values.array<T>(width * width), gz = values.array<T>(width * points),
               s = values.array<T>(width * points);
    auto gv = s;
    const auto device_weight = to_device(weight), device_gz = to_device(gz);
    auto device_gv = to_device(s);
    block_backward_input<T>(stream(), width, points, device_weight.data(), device_gz.data(), device_gv.data(),
                            device_gv.data(), products);
    apply_transposed_along_axis(1, width, width, points, weight.data(), gz.data(), gv.data());
    axpy(width * points, T(1), s.data(), gv.data());
    const bool rounds = products == Products::tensor_float32 && std::is_same_v<T, float>;
    const double near = rounds ? 2e-3 * std::sqrt(static_cast<double>(width)) : bound<T>(static_cast<double>(width));
    expect_near(to_host(device_gv), gv, near);
    check_input_before_activation<T, T>(width, points, values, device_weight, gz, s, gv, near, products);
    if constexpr (std::is_same_v<T, float>) {
      check_input_before_activation<T, BFloat16>(width, points, values, device_weight, gz, s, gv, near, products);
    }
  }

  /// The activation before the block in the same kernel; over s, and over gz and z where they may be overwritten.
  template <class T, class Stored>
  void check_input_before_activation(Index width, Index points, test::Values& values, const DeviceBuffer<T>& weight,
                                     const std::vector<T>& gz, const std::vector<T>& s, std::vector<T> expected,
                                     double near, Products products) const {
    const auto z = rounded<T, Stored>(values.array<T>(width * points));
    gelu_backward(width * points, z.data(), expected.data(), expected.data());
    auto device_z = to_stored<T, Stored>(z);
    auto device_gz = to_device(gz), over_s = to_device(s);
    const auto device_s = to_device(s);
    block_backward_input<T, Stored>(stream(), width, points, weight.data(), device_gz.data(), over_s.data(),
                                    device_z.data(), over_s.data(), products);
    expect_near(to_host(over_s), expected, 2 * near);
    if (width > kMostInPlaceWidth) return;
    block_backward_input<T, Stored>(stream(), width, points, weight.data(), device_gz.data(), device_s.data(),
                                    device_z.data(), device_gz.data(), products);
    EXPECT_EQ(to_host(device_gz), to_host(over_s));
    if constexpr (std::is_same_v<T, Stored>) {
      device_gz = to_device(gz);
      block_backward_input<T, Stored>(stream(), width, points, weight.data(), device_gz.data(), device_s.data(),
                                      device_z.data(), device_z.data(), products);
      EXPECT_EQ(to_host(device_z), to_host(over_s));
    }
  }

  void check_all(Index width, Index points) const {
    for (const bool activate : {false, true}) {
      for (const Products products : {Products::float32, Products::tensor_float32}) {
        check_forward<float, float, float>(width, points, activate, products);
        check_forward<float, float, BFloat16>(width, points, activate, products);
        check_forward<float, BFloat16, BFloat16>(width, points, activate, products);
        check_forward<double, double, double>(width, points, activate, products);
      }
      check_weight_gradient<float, float>(width, points, activate);
      check_weight_gradient<float, BFloat16>(width, points, activate);
      check_weight_gradient<double, double>(width, points, activate);
    }
    for (const Products products : {Products::float32, Products::tensor_float32}) {
      check_backward_input<float>(width, points, products);
      check_backward_input<double>(width, points, products);
    }
  }
};

TEST_F(DevicePointwiseBlock, AgreesWithTheCpu) {
  for (const Index width : kWidths) {
    for (const Index points : kPoints) check_all(width, points);
  }
}

TEST_F(DevicePointwiseBlock, MoreTilesThanBlocks) {
  check_forward<float, float, float>(2, 9'000'001, false, Products::float32);
  check_weight_gradient<float, float>(5, 1'000'003, false);
}

}  // namespace
}  // namespace tessera::kernels
