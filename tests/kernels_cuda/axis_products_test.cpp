#include <cmath>
#include <limits>

#include "kernels/products.hpp"
#include "tests/kernels/levels.hpp"
#include "tests/kernels_cuda/on_device.hpp"

namespace tessera::kernels {
namespace {

struct Size {
  Index outer, output, input, inner;
};

/// Long, short and no inner axis; fewer and more rows, terms and columns than a block has; nothing at all.
const std::vector<Size> kSizes = {{1, 1, 1, 1},     {1, 20, 20, 1000}, {3, 33, 20, 129}, {2, 64, 64, 257},
                                  {1, 20, 33, 7},   {5, 7, 65, 40},    {300, 5, 9, 1},   {129, 20, 33, 1},
                                  {130, 3, 2, 3},   {70, 64, 65, 2},   {1, 200, 1, 31},  {2, 70, 130, 50},
                                  {1, 1, 64, 3000}, {0, 3, 2, 5},      {2, 0, 3, 5},     {2, 3, 0, 5},
                                  {4, 3, 2, 0},     {1, 4, 3, 20'000}, {20'000, 2, 3, 1}};

class DeviceAxisProducts : public tessera::test::OnDevice {
 protected:
  template <class T>
  void expect_near(const DeviceBuffer<T>& buffer, const std::vector<T>& expected, double terms) const {
    const auto found = to_host(buffer);
    ASSERT_EQ(found.size(), expected.size());
    const double bound = 4 * (terms + 1) * std::numeric_limits<T>::epsilon();
    for (std::size_t i = 0; i < found.size(); ++i) ASSERT_LE(std::abs(found[i] - expected[i]), bound) << i;
  }

  template <class T>
  void check(const Size& size) const {
    const auto [outer, output, input, inner] = size;
    SCOPED_TRACE(testing::Message() << scalar_name<T>() << ", " << outer << " x " << input << " -> " << output << " x "
                                    << inner);
    test::Values values;
    const auto weight = values.array<T>(output * input), bias = values.array<T>(output);
    const auto x = values.array<T>(outer * input * inner), gy = values.array<T>(outer * output * inner);
    const auto device_weight = to_device(weight), device_bias = to_device(bias);
    const auto device_x = to_device(x), device_gy = to_device(gy);
    auto y = gy, gx = x;
    auto device_y = to_device(y), device_gx = to_device(gx);

    apply_along_axis<T>(stream(), outer, output, input, inner, device_weight.data(), device_bias.data(),
                        device_x.data(), device_y.data());
    apply_along_axis(outer, output, input, inner, weight.data(), bias.data(), x.data(), y.data());
    expect_near(device_y, y, static_cast<double>(input));
    apply_along_axis<T>(stream(), outer, output, input, inner, device_weight.data(), nullptr, device_x.data(),
                        device_y.data());
    apply_along_axis<T>(outer, output, input, inner, weight.data(), nullptr, x.data(), y.data());
    expect_near(device_y, y, static_cast<double>(input));
    apply_transposed_along_axis<T>(stream(), outer, output, input, inner, device_weight.data(), device_gy.data(),
                                   device_gx.data());
    apply_transposed_along_axis(outer, output, input, inner, weight.data(), gy.data(), gx.data());
    expect_near(device_gx, gx, static_cast<double>(output));
  }

  /// Against sums in double: the factors' 11 bits show in the error, which is no larger than they explain.
  void check_tensor_float32(const Size& size) const {
    const auto [outer, output, input, inner] = size;
    SCOPED_TRACE(testing::Message() << outer << " x " << input << " -> " << output << " x " << inner);
    test::Values values;
    const auto weight = values.array<float>(output * input), bias = values.array<float>(output);
    const auto x = values.array<float>(outer * input * inner);
    const std::vector<double> wide_weight(weight.begin(), weight.end()), wide_bias(bias.begin(), bias.end()),
        wide_x(x.begin(), x.end());
    std::vector<double> y(static_cast<std::size_t>(outer * output * inner)), gx(x.size());
    apply_along_axis(outer, output, input, inner, wide_weight.data(), wide_bias.data(), wide_x.data(), y.data());
    apply_transposed_along_axis(outer, output, input, inner, wide_weight.data(), y.data(), gx.data());
    const auto device_weight = to_device(weight), device_bias = to_device(bias), device_x = to_device(x);
    auto device_y = to_device(std::vector<float>(y.begin(), y.end()));
    auto device_gx = to_device(x);
    apply_transposed_along_axis<float>(stream(), outer, output, input, inner, device_weight.data(), device_y.data(),
                                       device_gx.data(), Products::tensor_float32);
    apply_along_axis<float>(stream(), outer, output, input, inner, device_weight.data(), device_bias.data(),
                            device_x.data(), device_y.data(), Products::tensor_float32);
    expect_rounded_factors(to_host(device_y), y, static_cast<double>(input), 1);
    expect_rounded_factors(to_host(device_gx), gx, static_cast<double>(output), 1 + static_cast<double>(input));
  }

  /// Sums of products of numbers up to 1 and up to `largest`.
  static void expect_rounded_factors(const std::vector<float>& found, const std::vector<double>& expected, double terms,
                                     double largest) {
    double error = 0;
    for (std::size_t i = 0; i < found.size(); ++i) error = std::max(error, std::abs(found[i] - expected[i]));
    EXPECT_LE(error, (std::ldexp(terms, -10) + 1e-6) * largest);
    if (found.size() > 100 && terms > 0) EXPECT_GT(error, 1e-5);
  }

  template <class T>
  void check_gradient(const Size& size, bool with_bias) const {
    const auto [outer, output, input, inner] = size;
    SCOPED_TRACE(testing::Message() << scalar_name<T>() << ", " << outer << " x " << input << " -> " << output << " x "
                                    << inner);
    test::Values values;
    auto weight = values.array<T>(output * input), bias = values.array<T>(output);
    const auto x = values.array<T>(outer * input * inner), gy = values.array<T>(outer * output * inner);
    const auto device_x = to_device(x), device_gy = to_device(gy);
    std::vector<std::vector<T>> found;
    for (int repeat = 0; repeat < 2; ++repeat) {
      auto device_weight = to_device(weight), device_bias = to_device(bias);
      accumulate_axis_gradient<T>(stream(), outer, output, input, inner, device_x.data(), device_gy.data(),
                                  device_weight.data(), with_bias ? device_bias.data() : nullptr);
      found.push_back(to_host(device_weight));
      found.push_back(to_host(device_bias));
    }
    EXPECT_EQ(found[0], found[2]);
    EXPECT_EQ(found[1], found[3]);
    accumulate_axis_gradient(outer, output, input, inner, x.data(), gy.data(), weight.data(),
                             with_bias ? bias.data() : nullptr);
    // Random terms: the sum and its error grow with the root of their number.
    const double terms = 4 * std::sqrt(static_cast<double>(outer * inner));
    expect_near(to_device(found[0]), weight, terms);
    expect_near(to_device(found[1]), bias, terms);
  }
};

TEST_F(DeviceAxisProducts, ProductsAgreeWithTheCpu) {
  for (const Size& size : kSizes) {
    check<float>(size);
    check<double>(size);
  }
}

TEST_F(DeviceAxisProducts, TensorCoresRoundTheFactors) {
  for (const Size& size : kSizes) check_tensor_float32(size);
}

TEST_F(DeviceAxisProducts, GradientsAgreeWithTheCpuAndAreTheSameEveryTime) {
  for (const Size& size : kSizes) {
    for (const bool with_bias : {true, false}) {
      check_gradient<float>(size, with_bias);
      check_gradient<double>(size, with_bias);
    }
  }
}

TEST_F(DeviceAxisProducts, LongSumsOfFloatsAreAddedInDouble) {
  constexpr Index kCount = 3'000'000;
  const auto x = to_device(std::vector<float>(static_cast<std::size_t>(kCount), 0.1f));
  const auto gy = to_device(std::vector<float>(static_cast<std::size_t>(kCount), 1.0f));
  auto weight = to_device(std::vector<float>{0}), bias = to_device(std::vector<float>{0});
  accumulate_axis_gradient<float>(stream(), 1, 1, 1, kCount, x.data(), gy.data(), weight.data(), bias.data());
  EXPECT_NEAR(to_host(weight).front() / (0.1f * kCount), 1, 1e-6);
  EXPECT_EQ(to_host(bias).front(), kCount);
}

}  // namespace
}  // namespace tessera::kernels
