#include "tessera/spectral/axis_transform.hpp"

#include <cmath>
#include <limits>

#include "kernels/row_combinations.hpp"
#include "tessera/core/error.hpp"
#include "tests/kernels/levels.hpp"
#include "tests/kernels_cuda/on_device.hpp"

namespace tessera {
namespace {

struct Size {
  Index outer, inner, length, kept;
};

/// No inner axis, more and fewer inner than outer positions; odd and even lengths; few modes, half and all of them.
const std::vector<Size> kSizes = {{1, 1, 1, 1},    {7, 1, 12, 12}, {5, 1, 33, 20},  {130, 1, 10, 5},
                                  {3, 40, 17, 17}, {40, 3, 16, 9}, {1, 70, 31, 19}, {2, 2, 64, 40},
                                  {0, 3, 8, 4},    {3, 0, 8, 4},   {3, 2, 8, 0}};

/// Frequencies on both sides of 0, and the Nyquist frequency where a length is even and enough are kept; each with a
/// weight of its own.
FourierLine line_of(const Size& size) {
  FourierLine line{size.length, {0, size.length}, {}, {}};
  for (Index k = 0; k < size.kept; ++k) {
    line.frequencies.push_back((k - size.kept / 2 + size.length) % size.length);
    line.inverse_weights.push_back((1 + 0.1 * static_cast<double>(k)) / static_cast<double>(size.length));
  }
  return line;
}

class DeviceAxisTransform : public test::OnDevice {
 protected:
  void SetUp() override {
    OnDevice::SetUp();
    if (!IsSkipped()) device_ = Device::cuda(0);
  }

  const Device& device() const { return device_; }

  template <class Value>
  void expect_near(const DeviceBuffer<Value>& buffer, Index offset, const std::vector<Value>& expected,
                   double terms) const {
    device().synchronize();
    const auto found = to_host(buffer, offset);
    ASSERT_EQ(found.size(), expected.size());
    const double bound = 8 * (terms + 1) * std::numeric_limits<RealPart<Value>>::epsilon();
    for (std::size_t i = 0; i < found.size(); ++i) ASSERT_LE(std::abs(found[i] - expected[i]), bound) << i;
  }

  /// Cells `offset` elements behind the alignment of memory.
  template <class Cell>
  void check(const Size& size, TransformEngine engine, Index offset = 0) const {
    using T = RealPart<Cell>;
    SCOPED_TRACE(testing::Message() << scalar_name<Cell>() << ", " << size.outer << " x " << size.length << " x "
                                    << size.inner << ", " << size.kept << " modes");
    const FourierLine line = line_of(size);
    const auto expected = make_axis_transform<T>(line, TransformEngine::matrix);
    const auto transform = make_axis_transform<T>(line, engine, device());
    kernels::test::Values values;
    auto x = values.array<Cell>(size.outer * size.length * size.inner);
    auto modes = values.array<std::complex<T>>(size.outer * size.kept * size.inner);
    for (const ModeScaling scaling : {ModeScaling::unit, ModeScaling::inverse}) {
      const auto device_x = to_device(x, offset);
      auto other_x = to_device(x, offset), again = to_device(x, offset);
      const auto device_modes = to_device(modes);
      auto other_modes = to_device(modes);
      stream().synchronize();
      transform->synthesise(scaling, size.outer, size.inner, device_modes.data(), other_x.data() + offset);
      transform->synthesise(scaling, size.outer, size.inner, device_modes.data(), again.data() + offset);
      transform->analyse(scaling, size.outer, size.inner, device_x.data() + offset, other_modes.data());
      expect_near(device_x, offset, x, 0);
      expect_near(device_modes, 0, modes, 0);
      expected->synthesise(scaling, size.outer, size.inner, modes.data(), x.data());
      expect_near(other_x, offset, x, 2 * static_cast<double>(size.kept));
      EXPECT_EQ(to_host(again, offset), to_host(other_x, offset));
      x = to_host(device_x, offset);
      expected->analyse(scaling, size.outer, size.inner, x.data(), modes.data());
      expect_near(other_modes, 0, modes, 2 * static_cast<double>(size.length * (size.kept + 1)));
    }
  }

  void check_all(TransformEngine engine) const {
    for (const Size& size : kSizes) {
      check<float>(size, engine);
      check<double>(size, engine);
      check<double>(size, engine, 1);
      check<std::complex<float>>(size, engine);
      check<std::complex<double>>(size, engine, 1);
    }
  }

 private:
  Device device_;
};

TEST_F(DeviceAxisTransform, ByMatrixAgreesWithTheCpu) { check_all(TransformEngine::matrix); }
TEST_F(DeviceAxisTransform, ByFftAgreesWithTheCpu) { check_all(TransformEngine::fft); }
TEST_F(DeviceAxisTransform, WhicheverIsFasterAgreesWithTheCpu) { check_all(TransformEngine::automatic); }

TEST_F(DeviceAxisTransform, FftsNeedWholeLines) {
  EXPECT_THROW(make_axis_transform<float>({8, {2, 3}, {0, 1}, {1, 1}}, TransformEngine::fft, device()), FftError);
}

TEST_F(DeviceAxisTransform, RowsAreCombined) {
  using Complex = std::complex<float>;
  const auto x = to_device(std::vector<Complex>{{1, 2}, {3, 4}, {5, 6}, {7, 8}});
  const auto combinations = to_device(
      std::vector<kernels::RowCombination<float>>{{1, -1, 2, 9}, {-1, 0, 9, 3}, {0, 1, 1, 10}, {-1, -1, 9, 9}});
  auto y = to_device(std::vector<Complex>(8, Complex(99, 99)));
  kernels::combine_rows(stream(), 1, 2, 4, 2, combinations.data(), x.data(), y.data());
  const std::vector<Complex> expected = {{10, 12}, {14, 16}, {3, -6}, {9, -12}, {51, -58}, {73, -76}, {0, 0}, {0, 0}};
  EXPECT_EQ(to_host(y), expected);
}

}  // namespace
}  // namespace tessera
