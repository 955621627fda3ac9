#include <cmath>
#include <cstdint>
#include <limits>

#include "kernels/elementwise.hpp"
#include "tests/kernels/levels.hpp"
#include "tests/kernels_cuda/on_device.hpp"

namespace tessera::kernels {
namespace {

/// How often a sum is repeated; an emulated device takes long for the longest.
int repeats(Index count) { return count > 1'000'000 ? 1 : 3; }

class DeviceReduction : public tessera::test::OnDevice {
 protected:
  template <class T>
  double device_sum(const DeviceBuffer<T>& x, Index offset) const {
    DeviceBuffer<double> result(stream(), 1);
    sum(stream(), x.size() - offset, x.data() + offset, result.data());
    return to_host(result).front();
  }

  template <class T>
  double device_dot(const DeviceBuffer<T>& a, const DeviceBuffer<T>& b, Index offset) const {
    DeviceBuffer<double> result(stream(), 1);
    real_dot(stream(), a.size() - offset, a.data() + offset, b.data() + offset, result.data());
    return to_host(result).front();
  }

  template <class T>
  bool device_all_finite(const DeviceBuffer<T>& x) const {
    DeviceBuffer<std::int32_t> result(stream(), 1);
    all_finite(stream(), x.size(), x.data(), result.data());
    return to_host(result).front() == 1;
  }

  template <class T>
  void check_dot(Index count, Index offset) const {
    SCOPED_TRACE(testing::Message() << scalar_name<T>() << ", " << count << " elements from " << offset);
    test::Values values;
    const auto a = values.array<T>(count), b = values.array<T>(count);
    const auto device_a = to_device(a, offset), device_b = to_device(b, offset);
    const double found = device_dot(device_a, device_b, offset);
    EXPECT_NEAR(found, real_dot(count, a.data(), b.data()), 1e-15 * static_cast<double>(4 * count + 1));
    for (int repeat = 0; repeat < repeats(count); ++repeat) EXPECT_EQ(device_dot(device_a, device_b, offset), found);
  }

  template <class T>
  void check_sum(Index count, Index offset) const {
    test::Values values;
    const auto x = values.array<T>(count);
    const auto device_x = to_device(x, offset);
    const double found = device_sum(device_x, offset);
    EXPECT_NEAR(found, sum(count, x.data()), 1e-15 * static_cast<double>(count + 1));
    for (int repeat = 0; repeat < repeats(count); ++repeat) EXPECT_EQ(device_sum(device_x, offset), found);
  }

  template <class T>
  void check_finite(Index count) const {
    SCOPED_TRACE(testing::Message() << scalar_name<T>() << ", " << count << " elements");
    test::Values values;
    auto x = values.array<T>(count);
    EXPECT_TRUE(device_all_finite(to_device(x)));
    for (const double bad : {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
      for (const Index i : {Index{0}, count / 2, count - 1}) {
        if (count == 0) continue;
        const T kept = x[static_cast<std::size_t>(i)];
        x[static_cast<std::size_t>(i)] = static_cast<T>(static_cast<RealPart<T>>(bad));
        EXPECT_FALSE(device_all_finite(to_device(x))) << bad << " at " << i;
        x[static_cast<std::size_t>(i)] = kept;
      }
    }
  }
};

TEST_F(DeviceReduction, SumsAgreeWithTheCpuAndAreTheSameEveryTime) {
  for (const Index count : {0, 1, 3, 17, 1001, 300'003, 5'000'001}) {
    for (const Index offset : {0, 1}) {
      check_sum<float>(count, offset);
      check_sum<double>(count, offset);
      check_dot<float>(count, offset);
      check_dot<double>(count, offset);
      check_dot<std::complex<float>>(count, offset);
      check_dot<std::complex<double>>(count, offset);
    }
  }
}

TEST_F(DeviceReduction, FloatsAreAddedInDouble) {
  constexpr Index kCount = 3'000'000;
  const auto tenths = to_device(std::vector<float>(static_cast<std::size_t>(kCount), 0.1f));
  EXPECT_NEAR(device_sum(tenths, 0), kCount * static_cast<double>(0.1f), 1e-6);
}

TEST_F(DeviceReduction, OneElementThatIsNotFiniteIsSeen) {
  for (const Index count : tessera::test::kCounts) {
    check_finite<float>(count);
    check_finite<double>(count);
    check_finite<std::complex<float>>(count);
    check_finite<std::complex<double>>(count);
  }
}

}  // namespace
}  // namespace tessera::kernels
