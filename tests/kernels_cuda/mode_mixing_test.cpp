#include "kernels/mode_mixing.hpp"

#include <cmath>
#include <limits>

#include "tests/kernels/levels.hpp"
#include "tests/kernels_cuda/on_device.hpp"

namespace tessera::kernels {
namespace {

const std::vector<ModeMixing> kSizes = {{1, 1, 1, 1},   {2, 3, 5, 129},    {1, 20, 20, 1000}, {3, 7, 9, 257},
                                        {5, 6, 4, 300}, {2, 4, 8, 70'001}, {0, 3, 2, 7},      {2, 0, 3, 5},
                                        {2, 3, 0, 5},   {1, 4, 4, 0}};

class DeviceModeMixing : public tessera::test::OnDevice {
 protected:
  template <class T>
  void expect_near(const DeviceBuffer<std::complex<T>>& buffer, const std::vector<std::complex<T>>& expected,
                   Index terms) const {
    const auto found = to_host(buffer);
    ASSERT_EQ(found.size(), expected.size());
    const double bound = 4 * static_cast<double>(terms + 1) * std::numeric_limits<T>::epsilon();
    for (std::size_t i = 0; i < found.size(); ++i) ASSERT_LE(std::abs(found[i] - expected[i]), bound) << i;
  }

  template <class T>
  void check(const ModeMixing& size) const {
    SCOPED_TRACE(testing::Message() << size.batch << " x " << size.in << " -> " << size.out << ", " << size.modes);
    using C = std::complex<T>;
    test::Values values;
    const auto r = values.array<C>(size.in * size.out * size.modes);
    auto x = values.array<C>(size.batch * size.in * size.modes),
         y = values.array<C>(size.batch * size.out * size.modes);
    auto gr = r;
    const auto device_r = to_device(r);
    auto device_x = to_device(x), device_y = to_device(y), device_gr = to_device(r);

    mix_modes_adjoint_weight<T>(stream(), size, device_y.data(), device_x.data(), device_gr.data(), true);
    mix_modes_adjoint_weight(size, y.data(), x.data(), gr.data(), true);
    expect_near(device_gr, gr, size.batch);
    mix_modes_adjoint_weight<T>(stream(), size, device_y.data(), device_x.data(), device_gr.data());
    mix_modes_adjoint_weight(size, y.data(), x.data(), gr.data());
    expect_near(device_gr, gr, size.batch);

    auto gx = x;
    auto device_gx = to_device(x);
    mix_modes_adjoint_input<T>(stream(), size, device_y.data(), device_r.data(), device_gx.data());
    mix_modes_adjoint_input(size, y.data(), r.data(), gx.data());
    expect_near(device_gx, gx, size.out);

    mix_modes<T>(stream(), size, device_x.data(), device_r.data(), device_y.data());
    mix_modes(size, x.data(), r.data(), y.data());
    expect_near(device_y, y, size.in);
  }
};

TEST_F(DeviceModeMixing, AgreesWithTheCpu) {
  for (const ModeMixing& size : kSizes) {
    check<float>(size);
    check<double>(size);
  }
}

}  // namespace
}  // namespace tessera::kernels
