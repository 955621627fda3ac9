#include "tessera/simulation/navier_stokes_data.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "support/mpi_fixture.hpp"
#include "tessera/core/error.hpp"

namespace tessera {
namespace {

using testing_support::world;

SphereFlowSettings small_flow() {
  SphereFlowSettings settings;
  settings.flow.grid = {9, 8, 7};
  settings.snapshots = 2;
  settings.spin_up = 0.2;
  settings.interval = 0.1;
  return settings;
}

/// A tensor of the ranks of its group as all of them see it.
std::vector<double> gathered(const DistTensor<float>& tensor) {
  std::vector<double> all(static_cast<std::size_t>(volume(tensor.shape())), 0.0);
  for_each_row(tensor.shape(), tensor.box(), [&](Index offset, Index local, Index length) {
    for (Index i = 0; i < length; ++i) all[static_cast<std::size_t>(offset + i)] += tensor.local()[local + i];
  });
  tensor.communicator().all_sum(all.data(), static_cast<Index>(all.size()));
  return all;
}

TEST(NavierStokesData, GroupingDoesNotChangeTheSamples) {
  const auto self = std::make_shared<const Communicator>(Communicator::self());
  for (const Index sample : {2, 5}) {
    const SphereFlowSample expected = simulate_sphere_flow(self, small_flow(), sample);
    const SphereFlowSample found = simulate_sphere_flow(world(), small_flow(), sample);
    EXPECT_EQ(found.obstacle.shape(), (Shape{1, 1, 9, 8, 7, 1}));
    EXPECT_EQ(found.vorticity.shape(), (Shape{1, 1, 9, 8, 7, 2}));
    EXPECT_EQ(gathered(found.obstacle), gathered(expected.obstacle));
    const std::vector<double> one = gathered(expected.vorticity), all = gathered(found.vorticity);
    double difference = 0.0;
    for (std::size_t i = 0; i < one.size(); ++i) difference = std::max(difference, std::abs(one[i] - all[i]));
    // Rounded to float: neighbouring floats at most.
    EXPECT_LT(difference, 1e-6);
  }
}

TEST(NavierStokesData, ABlowUpIsAnErrorOnAllRanks) {
  auto settings = small_flow();
  settings.flow.inflow = 1e200;
  EXPECT_THROW(simulate_sphere_flow(world(), settings, 0), NumericError);
}

TEST(NavierStokesData, ChoosesRanksPerSample) {
  SphereFlowSettings settings;
  EXPECT_EQ(default_ranks_per_sample(settings, 64, 6), 1);
  EXPECT_EQ(default_ranks_per_sample(settings, 2, 6), 3);
  settings.flow.grid = {256, 256, 256};
  EXPECT_GT(bytes_per_sample(settings), Index{2} << 30);
  EXPECT_EQ(default_ranks_per_sample(settings, 64, 6),
            static_cast<int>((bytes_per_sample(settings) - 1) / (Index{2} << 30) + 1));
  EXPECT_EQ(default_ranks_per_sample(settings, 64, 2), 2);
}

TEST(NavierStokesData, DividesRanksOverAxes) {
  EXPECT_EQ(flow_rank_grid(6, {24, 16, 16}), (Shape{1, 1, 6, 1, 1}));
  EXPECT_EQ(flow_rank_grid(12, {8, 8, 8}), (Shape{1, 1, 6, 2, 1}));
  EXPECT_EQ(flow_rank_grid(7, {4, 4, 4}), (Shape{1, 1, 7, 1, 1}));
}

TEST(NavierStokesData, RefusesBadSettings) {
  auto settings = small_flow();
  settings.radius = -1.0;
  EXPECT_THROW(simulate_sphere_flow(world(), settings, 0), ConfigError);
  EXPECT_THROW(simulate_sphere_flow(world(), small_flow(), -1), ArgumentError);
}

}  // namespace
}  // namespace tessera
