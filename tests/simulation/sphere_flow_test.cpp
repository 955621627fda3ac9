#include "tessera/simulation/sphere_flow.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

#include "support/mpi_fixture.hpp"
#include "tessera/core/error.hpp"

namespace tessera {
namespace {

using testing_support::world;

SphereFlowSettings small_flow() {
  SphereFlowSettings settings;
  settings.flow.grid = {12, 8, 8};
  settings.snapshots = 2;
  settings.spin_up = 0.3;
  settings.interval = 0.2;
  settings.seed = 7;
  return settings;
}

TEST(SphereFlow, CentresLieInTheBoxAndDependOnSeedAndSample) {
  SphereFlowSettings settings;
  settings.seed = 3;
  for (Index sample = 0; sample < 20; ++sample) {
    const Sphere sphere = sphere_of_sample(settings, sample);
    EXPECT_EQ(sphere.radius, settings.radius);
    for (std::size_t axis = 0; axis < 3; ++axis) {
      EXPECT_GE(sphere.centre[axis], settings.centre_low[axis] * settings.flow.lengths[axis]);
      EXPECT_LE(sphere.centre[axis], settings.centre_high[axis] * settings.flow.lengths[axis]);
    }
    EXPECT_NE(sphere.centre, sphere_of_sample(settings, sample + 1).centre);
  }
  const Sphere first = sphere_of_sample(settings, 0);
  settings.seed = 4;
  EXPECT_NE(first.centre, sphere_of_sample(settings, 0).centre);
  EXPECT_THROW(sphere_of_sample(settings, -1), ArgumentError);
}

TEST(SphereFlow, SampleHasABinaryObstacleAndAWakeThatGrows) {
  const auto settings = small_flow();
  SphereFlow flow(Partition(world(), {1, 1, world()->size(), 1, 1}), settings);
  const SphereFlowSample sample = flow.simulate(0);
  EXPECT_EQ(sample.obstacle.shape(), (Shape{1, 1, 12, 8, 8, 1}));
  EXPECT_EQ(sample.vorticity.shape(), (Shape{1, 1, 12, 8, 8, 2}));
  std::vector<double> sums(3, 0.0);
  double largest = 0.0;
  for (const float value : sample.obstacle.local()) {
    EXPECT_TRUE(value == 0.0F || value == 1.0F);
    sums[0] += value;
  }
  for (Index i = 0; i < sample.vorticity.local_size(); ++i) {
    const float value = sample.vorticity.local()[i];
    EXPECT_GE(value, 0.0F);
    sums[static_cast<std::size_t>(1 + i % 2)] += value;
    largest = std::max<double>(largest, value);
  }
  world()->all_sum(sums.data(), 3);
  // Cells of a sphere of radius 1/2, of volume 0.4 x 0.4 x 0.4: about 8.
  EXPECT_NEAR(sums[0], 8.0, 4.0);
  EXPECT_GT(sums[2], sums[1]);
  EXPECT_GT(world()->all_max(largest), 1.0);
  EXPECT_LT(world()->all_max(largest), 10.0);
}

TEST(SphereFlow, ASampleDoesNotDependOnTheOneBefore) {
  const auto settings = small_flow();
  const Partition partition(world(), {1, 1, world()->size(), 1, 1});
  SphereFlow fresh(partition, settings);
  SphereFlow used(partition, settings);
  used.simulate(4);
  const auto expected = fresh.simulate(1);
  const auto found = used.simulate(1);
  for (Index i = 0; i < expected.vorticity.local_size(); ++i) {
    EXPECT_EQ(expected.vorticity.local()[i], found.vorticity.local()[i]);
  }
}

TEST(SphereFlow, RefusesBadSettings) {
  using Change = std::function<void(SphereFlowSettings&)>;
  const std::vector<Change> changes{[](auto& s) { s.radius = 0.0; },           [](auto& s) { s.radius = 1.7; },
                                    [](auto& s) { s.centre_low[1] = 0.8; },    [](auto& s) { s.centre_high[2] = 1.1; },
                                    [](auto& s) { s.centre_high[0] = 0.75; },  [](auto& s) { s.perturbation = -1.0; },
                                    [](auto& s) { s.spin_up = std::nan(""); }, [](auto& s) { s.interval = 0.0; },
                                    [](auto& s) { s.snapshots = 0; },          [](auto& s) { s.flow.cfl = 0.0; }};
  for (std::size_t i = 0; i < changes.size(); ++i) {
    SphereFlowSettings settings;
    changes[i](settings);
    EXPECT_THROW(settings.validate(), ConfigError) << "case " << i;
    EXPECT_THROW(SphereFlow(Partition(world(), {1, 1, 1, 1, 1}), settings), ConfigError) << "case " << i;
  }
}

}  // namespace
}  // namespace tessera
