#include "kernels/projection.hpp"

#include <cmath>
#include <limits>

#include "kernels/arithmetic/gelu.hpp"
#include "tessera/core/error.hpp"
#include "tests/kernels/levels.hpp"
#include "tests/kernels_cuda/on_device.hpp"

namespace tessera::kernels {
namespace {

struct Size {
  Index width, hidden, out, points;
};

const std::vector<Size> kSizes = {{1, 1, 1, 1},   {20, 128, 1, 1000}, {33, 200, 2, 129}, {64, 128, 1, 65},
                                  {20, 1, 5, 64}, {16, 64, 9, 130},   {17, 65, 1, 63},   {64, 512, 3, 70},
                                  {5, 0, 2, 10},  {3, 7, 0, 10},      {20, 128, 1, 0}};

/// The projection, its loss and its gradients for dL/dy = factor (y - target), by plain loops in double.
struct Reference {
  std::vector<double> y, gy, gv, gweights, loss;

  template <class T>
  Reference(const Projection<T>& p, Index points, const std::vector<T>& v, const std::vector<T>& target, double factor)
      : y(target.size()),
        gy(target.size()),
        gv(v.size()),
        gweights(static_cast<std::size_t>(projection_weights(p))),
        loss(2) {
    for (Index point = 0; point < points; ++point) add_point(p, points, point, v.data(), target.data(), factor);
  }

 private:
  template <class T>
  void add_point(const Projection<T>& p, Index points, Index point, const T* v, const T* target, double factor) {
    std::vector<GeluParts<double>> hidden;
    for (Index j = 0; j < p.hidden; ++j) {
      double h = p.bias1[j];
      for (Index i = 0; i < p.width; ++i) h += static_cast<double>(p.weight1[j * p.width + i]) * v[i * points + point];
      hidden.push_back(gelu_parts(h));
    }
    std::vector<double> gh(hidden.size());
    double* gbias1 = gweights.data() + p.hidden * p.width;
    double* gweight2 = gbias1 + p.hidden;
    for (Index o = 0; o < p.out; ++o) {
      double value = p.bias2[o];
      for (Index j = 0; j < p.hidden; ++j)
        value += p.weight2[o * p.hidden + j] * hidden[static_cast<std::size_t>(j)].value;
      y[static_cast<std::size_t>(o * points + point)] = value;
      const double wanted = target[o * points + point], error = value - wanted;
      loss[0] += error * error;
      loss[1] += wanted * wanted;
      const double gradient = factor * error;
      gy[static_cast<std::size_t>(o * points + point)] = gradient;
      gweight2[p.out * p.hidden + o] += gradient;
      for (Index j = 0; j < p.hidden; ++j) {
        gweight2[o * p.hidden + j] += gradient * hidden[static_cast<std::size_t>(j)].value;
        gh[static_cast<std::size_t>(j)] += p.weight2[o * p.hidden + j] * gradient;
      }
    }
    for (Index j = 0; j < p.hidden; ++j) {
      const double gradient = gh[static_cast<std::size_t>(j)] * hidden[static_cast<std::size_t>(j)].derivative;
      gbias1[j] += gradient;
      for (Index i = 0; i < p.width; ++i) {
        gweights[static_cast<std::size_t>(j * p.width + i)] += gradient * v[i * points + point];
        gv[static_cast<std::size_t>(i * points + point)] += gradient * p.weight1[j * p.width + i];
      }
    }
  }
};

class DeviceProjection : public tessera::test::OnDevice {
 protected:
  /// Within a share of the largest expected number and of 1.
  template <class Value>
  void expect_near(const std::vector<Value>& found, const std::vector<double>& expected, double share) const {
    ASSERT_EQ(found.size(), expected.size());
    double largest = 1;
    for (const double value : expected) largest = std::max(largest, std::abs(value));
    for (std::size_t i = 0; i < found.size(); ++i) ASSERT_LE(std::abs(found[i] - expected[i]), share * largest) << i;
  }

  template <class T>
  void check(const Size& size) const {
    const auto [width, hidden, out, points] = size;
    SCOPED_TRACE(testing::Message() << scalar_name<T>() << ", " << width << " -> " << hidden << " -> " << out << ", "
                                    << points << " points");
    test::Values values;
    const auto weight1 = values.array<T>(hidden * width), bias1 = values.array<T>(hidden),
               weight2 = values.array<T>(out * hidden), bias2 = values.array<T>(out),
               v = values.array<T>(width * points), target = values.array<T>(out * points);
    const double factor = 0.375;
    const Projection<T> on_host{width, hidden, out, weight1.data(), bias1.data(), weight2.data(), bias2.data()};
    const Reference expected(on_host, points, v, target, 1), scaled(on_host, points, v, target, factor);
    const auto device1 = to_device(weight1), device2 = to_device(bias1), device3 = to_device(weight2),
               device4 = to_device(bias2), device_v = to_device(v), device_target = to_device(target);
    const Projection<T> projection{width, hidden, out, device1.data(), device2.data(), device3.data(), device4.data()};
    const double share = 64 * std::sqrt(static_cast<double>(hidden + 1)) * std::numeric_limits<T>::epsilon();

    auto device_y = to_device(target);
    project<T>(stream(), projection, points, device_v.data(), device_y.data());
    expect_near(to_host(device_y), expected.y, share);

    // Into another array, and over v; sums are added to what is there.
    auto gv = to_device(v), in_place = to_device(v);
    const std::vector<double> zeros(expected.gweights.size()), none(2);
    auto gweights = to_device(zeros), loss = to_device(none);
    project_with_loss<T>(stream(), projection, points, device_v.data(), device_target.data(), gv.data(),
                         gweights.data(), loss.data());
    expect_near(to_host(gv), expected.gv, share);
    expect_near(to_host(gweights), expected.gweights, share);
    expect_near(to_host(loss), expected.loss, share);
    const auto once = to_host(gweights), loss_once = to_host(loss);
    project_with_loss<T>(stream(), projection, points, in_place.data(), device_target.data(), in_place.data(),
                         gweights.data(), loss.data());
    EXPECT_EQ(to_host(in_place), to_host(gv));
    for (std::size_t i = 0; i < once.size(); ++i) ASSERT_EQ(to_host(gweights)[i], 2 * once[i]) << i;
    for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(to_host(loss)[i], 2 * loss_once[i]);

    gweights = to_device(zeros);
    loss = to_device(none);
    const auto device_factor = to_device(std::vector<double>{factor});
    project_with_loss<T>(stream(), projection, points, device_v.data(), device_target.data(), gv.data(),
                         gweights.data(), loss.data(), device_factor.data());
    expect_near(to_host(gv), scaled.gv, share);
    expect_near(to_host(gweights), scaled.gweights, share);
    EXPECT_EQ(to_host(loss), loss_once);

    gweights = to_device(zeros);
    const auto device_gy = to_device(std::vector<T>(scaled.gy.begin(), scaled.gy.end()));
    project_backward<T>(stream(), projection, points, device_v.data(), device_gy.data(), gv.data(), gweights.data());
    expect_near(to_host(gv), scaled.gv, share);
    expect_near(to_host(gweights), scaled.gweights, share);
  }
};

TEST_F(DeviceProjection, AgreesWithPlainLoopsInDouble) {
  for (const Size& size : kSizes) {
    check<float>(size);
    check<double>(size);
  }
}

TEST_F(DeviceProjection, BlocksTakeManyTiles) { check<float>({4, 5, 2, 40'000}); }

TEST_F(DeviceProjection, RefusesWhatDoesNotFitABlock) {
  const Projection<float> wide{65, 1, 1, nullptr, nullptr, nullptr, nullptr};
  EXPECT_THROW(project<float>(stream(), wide, 1, nullptr, nullptr), ShapeError);
  const Projection<float> many{1, 1, 65, nullptr, nullptr, nullptr, nullptr};
  EXPECT_THROW(project_with_loss<float>(stream(), many, 1, nullptr, nullptr, nullptr, nullptr, nullptr), ShapeError);
}

}  // namespace
}  // namespace tessera::kernels
