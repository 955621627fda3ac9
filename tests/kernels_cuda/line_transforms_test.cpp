#include "kernels/line_transforms.hpp"

#include <cmath>
#include <limits>
#include <numbers>

#include "tessera/spectral/axis_transform.hpp"
#include "tests/kernels/levels.hpp"
#include "tests/kernels_cuda/on_device.hpp"

namespace tessera::kernels {
namespace {

struct Size {
  Index outer, inner, length;
  Range slab;
  Index kept;
};

/// Whole lines and slabs, few and many modes, long, short and no inner axis.
const std::vector<Size> kSizes = {{1, 1, 1, {0, 1}, 1},       {20, 1, 64, {0, 64}, 12},  {131, 1, 33, {0, 33}, 5},
                                  {3, 5, 17, {0, 17}, 4},     {2, 130, 32, {0, 32}, 8},  {1, 1001, 40, {7, 13}, 6},
                                  {4, 33, 130, {0, 130}, 40}, {2, 300, 20, {19, 1}, 20}, {5, 1, 262, {100, 162}, 33},
                                  {0, 3, 8, {0, 8}, 2},       {3, 0, 8, {0, 8}, 2},      {2, 9, 8, {0, 8}, 0},
                                  {600, 7, 9, {0, 9}, 3}};

/// Kept frequencies -kept/2 ... as numbers below the length, each with a weight of its own.
FourierLine line_of(const Size& size) {
  FourierLine line{size.length, size.slab, {}, {}};
  for (Index k = 0; k < size.kept; ++k) {
    line.frequencies.push_back((k - size.kept / 2 + size.length) % size.length);
    line.inverse_weights.push_back((1 + 0.1 * static_cast<double>(k)) / static_cast<double>(size.length));
  }
  return line;
}

class DeviceLineTransforms : public tessera::test::OnDevice {
 protected:
  template <class Value>
  void expect_near(const DeviceBuffer<Value>& buffer, const std::vector<Value>& expected, Index terms,
                   Products products) const {
    const auto found = to_host(buffer);
    ASSERT_EQ(found.size(), expected.size());
    const double unit = products == Products::tensor_float32 && sizeof(RealPart<Value>) == sizeof(float)
                            ? std::ldexp(1.0, -12)
                            : std::numeric_limits<RealPart<Value>>::epsilon();
    const double bound = 8 * static_cast<double>(terms + 1) * unit;
    for (std::size_t i = 0; i < found.size(); ++i) ASSERT_LE(std::abs(found[i] - expected[i]), bound) << i;
  }

  template <class T>
  DeviceBuffer<std::complex<T>> device_matrix(const FourierLine& line, ModeScaling scaling) const {
    std::vector<std::complex<T>> matrix;
    for (std::size_t k = 0; k < line.frequencies.size(); ++k) {
      const double scale = scaling == ModeScaling::inverse ? line.inverse_weights[k] : 1.0;
      for (Index n = line.slab.start; n < line.slab.start + line.slab.extent; ++n) {
        const auto turn = static_cast<double>(line.frequencies[k] * n % line.length);
        const double angle = -2 * std::numbers::pi * turn / static_cast<double>(line.length);
        matrix.emplace_back(static_cast<T>(scale * std::cos(angle)), static_cast<T>(scale * std::sin(angle)));
      }
    }
    return to_device(matrix);
  }

  template <class Cell>
  void check(const Size& size, ModeScaling scaling, Products products = Products::float32) const {
    using T = RealPart<Cell>;
    SCOPED_TRACE(testing::Message() << scalar_name<Cell>() << ", " << size.outer << " x " << size.slab.extent << " of "
                                    << size.length << " x " << size.inner << ", " << size.kept << " modes");
    const FourierLine line = line_of(size);
    const auto transform = make_axis_transform<T>(line, TransformEngine::matrix);
    const auto matrix = device_matrix<T>(line, scaling);
    const LineTransform extents{size.outer, size.slab.extent, size.kept, size.inner};
    test::Values values;
    auto x = values.array<Cell>(size.outer * size.slab.extent * size.inner);
    auto y = values.array<std::complex<T>>(size.outer * size.kept * size.inner);
    auto device_x = to_device(x);
    auto device_y = to_device(y);

    synthesise_lines<Cell>(stream(), extents, matrix.data(), device_y.data(), device_x.data(), products);
    transform->synthesise(scaling, size.outer, size.inner, y.data(), x.data());
    expect_near(device_x, x, 2 * size.kept, products);
    device_x = to_device(x);
    analyse_lines<Cell>(stream(), extents, matrix.data(), device_x.data(), device_y.data(), products);
    transform->analyse(scaling, size.outer, size.inner, x.data(), y.data());
    expect_near(device_y, y, 2 * size.slab.extent * (size.kept + 1), products);
  }
};

TEST_F(DeviceLineTransforms, AgreeWithTheCpu) {
  for (const Size& size : kSizes) {
    for (const ModeScaling scaling : {ModeScaling::unit, ModeScaling::inverse}) {
      check<float>(size, scaling);
      check<double>(size, scaling);
      check<std::complex<float>>(size, scaling);
      check<std::complex<double>>(size, scaling);
    }
  }
}

TEST_F(DeviceLineTransforms, AgreeToTheRoundingOfTensorCores) {
  for (const Size& size : kSizes) {
    check<float>(size, ModeScaling::unit, Products::tensor_float32);
    check<double>(size, ModeScaling::unit, Products::tensor_float32);
    check<std::complex<float>>(size, ModeScaling::unit, Products::tensor_float32);
  }
}

}  // namespace
}  // namespace tessera::kernels
