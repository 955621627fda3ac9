#include "kernels/loss.hpp"

#include <cmath>
#include <limits>

#include "tests/kernels/levels.hpp"
#include "tests/kernels_cuda/on_device.hpp"

namespace tessera::kernels {
namespace {

class DeviceLoss : public tessera::test::OnDevice {
 protected:
  template <class T>
  void check(Index count, Index offset) const {
    SCOPED_TRACE(testing::Message() << scalar_name<T>() << ", " << count << " elements from " << offset);
    test::Values values;
    auto prediction = values.array<T>(count);
    const auto target = values.array<T>(count);
    double expected[2];
    squared_errors(count, prediction.data(), target.data(), expected);
    auto device_prediction = to_device(prediction, offset);
    const auto device_target = to_device(target, offset);
    auto sums = to_device(std::vector<double>{7, 7, 7});
    squared_errors<T>(stream(), count, device_prediction.data() + offset, device_target.data() + offset, sums.data());
    const auto found = to_host(sums);
    EXPECT_NEAR(found[0], expected[0], 1e-12 * expected[0]);
    EXPECT_NEAR(found[1], expected[1], 1e-12 * expected[1]);
    EXPECT_EQ(found[2], 7);

    scaled_difference<T>(stream(), count, 0.3, device_prediction.data() + offset, device_target.data() + offset,
                         device_prediction.data() + offset);
    scaled_difference(count, 0.3, prediction.data(), target.data(), prediction.data());
    EXPECT_EQ(to_host(device_prediction, offset), prediction);
  }
};

TEST_F(DeviceLoss, AgreesWithTheCpu) {
  for (const Index count : tessera::test::kCounts) {
    for (const Index offset : {0, 1}) {
      check<float>(count, offset);
      check<double>(count, offset);
    }
  }
}

TEST_F(DeviceLoss, DifferencesOfFloatsAreTakenInDouble) {
  const auto prediction = to_device(std::vector<float>{1e8f}), target = to_device(std::vector<float>{1e-3f});
  auto sums = to_device(std::vector<double>(2));
  squared_errors<float>(stream(), 1, prediction.data(), target.data(), sums.data());
  const double difference = 1e8 - static_cast<double>(1e-3f);
  EXPECT_EQ(to_host(sums).front(), difference * difference);
}

}  // namespace
}  // namespace tessera::kernels
