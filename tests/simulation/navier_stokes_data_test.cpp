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

NavierStokesDataSettings small_data(int ranks_per_sample) {
  NavierStokesDataSettings settings;
  settings.sphere_flow.flow.grid = {9, 8, 7};
  settings.sphere_flow.snapshots = 2;
  settings.sphere_flow.spin_up = 0.2;
  settings.sphere_flow.interval = 0.1;
  settings.first_sample = 2;
  settings.samples = 5;
  settings.ranks_per_sample = ranks_per_sample;
  return settings;
}

constexpr Index kCells = 9 * 8 * 7;

/// All samples, one after another, known to every rank.
struct Generated {
  std::vector<double> obstacle = std::vector<double>(5 * kCells, 0.0);
  std::vector<double> vorticity = std::vector<double>(5 * kCells * 2, 0.0);
};

void place(Index sample, const DistTensor<float>& tensor, std::vector<double>& all) {
  const Index begin = sample * volume(tensor.shape());
  for_each_row(tensor.shape(), tensor.box(), [&](Index offset, Index local, Index length) {
    for (Index i = 0; i < length; ++i) all[static_cast<std::size_t>(begin + offset + i)] += tensor.local()[local + i];
  });
}

Generated generate(const NavierStokesDataSettings& settings) {
  Generated result;
  Index reported = 0;
  const auto sink = [&](Index sample, const DistTensor<float>& obstacle, const DistTensor<float>& vorticity) {
    EXPECT_EQ(obstacle.communicator().size(), settings.ranks_per_sample);
    EXPECT_EQ(obstacle.shape(), (Shape{1, 1, 9, 8, 7, 1}));
    EXPECT_EQ(vorticity.shape(), (Shape{1, 1, 9, 8, 7, 2}));
    place(sample - settings.first_sample, obstacle, result.obstacle);
    place(sample - settings.first_sample, vorticity, result.vorticity);
  };
  generate_navier_stokes(world(), settings, sink, [&](Index done, Index samples) {
    EXPECT_EQ(samples, settings.samples);
    EXPECT_GT(done, reported);
    reported = done;
  });
  EXPECT_EQ(reported, settings.samples);
  world()->all_sum(result.obstacle.data(), 5 * kCells);
  world()->all_sum(result.vorticity.data(), 5 * kCells * 2);
  return result;
}

TEST(NavierStokesData, GroupingDoesNotChangeTheSamples) {
  // The reference: every rank by itself.
  Generated expected;
  SphereFlow alone(Partition(std::make_shared<const Communicator>(Communicator::self()), {1, 1, 1, 1, 1}),
                   small_data(1).sphere_flow);
  for (Index sample = 0; sample < 5; ++sample) {
    const SphereFlowSample values = alone.simulate(2 + sample);
    place(sample, values.obstacle, expected.obstacle);
    place(sample, values.vorticity, expected.vorticity);
  }
  for (const int ranks_per_sample : {1, std::min(2, world()->size()), world()->size()}) {
    const Generated found = generate(small_data(ranks_per_sample));
    EXPECT_EQ(found.obstacle, expected.obstacle);
    double difference = 0.0;
    for (std::size_t i = 0; i < expected.vorticity.size(); ++i) {
      difference = std::max(difference, std::abs(found.vorticity[i] - expected.vorticity[i]));
    }
    // Rounded to float: neighbouring floats at most.
    EXPECT_LT(difference, 1e-6);
  }
}

TEST(NavierStokesData, AFailureInOneGroupIsAnErrorOnAllRanks) {
  const auto settings = small_data(1);
  Index reported = 0;
  const auto refuse = [](Index sample, const DistTensor<float>&, const DistTensor<float>&) {
    if (sample == 4) throw IoError("no room for sample 4");
  };
  EXPECT_THROW(generate_navier_stokes(world(), settings, refuse, [&](Index done, Index) { reported = done; }), IoError);
  EXPECT_LE(reported, 2);
}

TEST(NavierStokesData, ABlowUpIsAnErrorOnAllRanks) {
  auto settings = small_data(1);
  settings.sphere_flow.flow.inflow = 1e200;
  const auto ignore = [](Index, const DistTensor<float>&, const DistTensor<float>&) {};
  EXPECT_THROW(generate_navier_stokes(world(), settings, ignore), NumericError);
}

TEST(NavierStokesData, ChoosesRanksPerSample) {
  NavierStokesDataSettings settings;
  EXPECT_EQ(default_ranks_per_sample(settings, 6), 1);
  settings.samples = 2;
  EXPECT_EQ(default_ranks_per_sample(settings, 6), 3);
  settings.samples = 64;
  settings.sphere_flow.flow.grid = {256, 256, 256};
  EXPECT_GT(bytes_per_sample(settings.sphere_flow), Index{2} << 30);
  EXPECT_EQ(default_ranks_per_sample(settings, 6),
            static_cast<int>((bytes_per_sample(settings.sphere_flow) - 1) / (Index{2} << 30) + 1));
  EXPECT_EQ(default_ranks_per_sample(settings, 2), 2);
}

TEST(NavierStokesData, DividesRanksOverAxes) {
  EXPECT_EQ(flow_rank_grid(6, {24, 16, 16}), (Shape{1, 1, 6, 1, 1}));
  EXPECT_EQ(flow_rank_grid(12, {8, 8, 8}), (Shape{1, 1, 6, 2, 1}));
  EXPECT_EQ(flow_rank_grid(7, {4, 4, 4}), (Shape{1, 1, 7, 1, 1}));
}

TEST(NavierStokesData, RefusesBadSettings) {
  const auto ignore = [](Index, const DistTensor<float>&, const DistTensor<float>&) {};
  auto settings = small_data(world()->size() + 1);
  EXPECT_THROW(generate_navier_stokes(world(), settings, ignore), ConfigError);
  settings = small_data(1);
  settings.samples = 0;
  EXPECT_THROW(generate_navier_stokes(world(), settings, ignore), ConfigError);
  settings = small_data(1);
  settings.first_sample = -1;
  EXPECT_THROW(generate_navier_stokes(world(), settings, ignore), ConfigError);
  settings = small_data(1);
  settings.sphere_flow.radius = -1.0;
  EXPECT_THROW(generate_navier_stokes(world(), settings, ignore), ConfigError);
}

}  // namespace
}  // namespace tessera
