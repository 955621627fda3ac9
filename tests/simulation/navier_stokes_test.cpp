#include "tessera/simulation/navier_stokes.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "support/mpi_fixture.hpp"
#include "tessera/core/error.hpp"
#include "tessera/primitives/repartition.hpp"

namespace tessera {
namespace {

using testing_support::world;

constexpr double kPi = std::numbers::pi;

/// A box of period 2 pi with neither fringe nor obstacle.
FlowParameters free_flow(Shape grid, double viscosity) {
  FlowParameters parameters;
  parameters.grid = std::move(grid);
  parameters.lengths = {2.0 * kPi, 2.0 * kPi, 2.0 * kPi};
  parameters.viscosity = viscosity;
  parameters.inflow = 0.0;
  parameters.fringe_fraction = 0.0;
  return parameters;
}

Partition slabs() { return Partition(world(), {1, 1, world()->size(), 1, 1}); }
Partition columns() { return Partition(world(), {1, 1, 1, world()->size(), 1}); }
Partition one_rank() { return Partition(world(), {1, 1, 1, 1, 1}); }

/// The Taylor-Green vortex carried along x, an exact solution for any speed.
Point taylor_green(const Point& x, double time, double viscosity, double speed) {
  const double decay = std::exp(-2.0 * viscosity * time);
  const double phase = x[0] - speed * time;
  return {speed + decay * std::cos(phase) * std::sin(x[1]), -decay * std::sin(phase) * std::cos(x[1]), 0.0};
}

/// A smooth field of many modes, not free of divergence.
Point many_modes(const Point& x) {
  return {0.5 + std::sin(x[1]) * std::cos(2.0 * x[2]) + 0.3 * std::sin(x[0] + x[2]),
          std::cos(x[0]) * std::sin(x[2]) + 0.4 * std::cos(2.0 * x[1] - x[0]), std::sin(x[0] + x[1]) - 0.2};
}

/// Largest difference between the velocity and `exact` over all cells of a box of period 2 pi. Collective.
template <class Exact>
double velocity_error(const NavierStokes& flow, Exact&& exact) {
  const DistTensor<double>& fields = flow.fields();
  const Shape& shape = fields.shape();
  double error = 0.0;
  for_each_row(shape, fields.box(), [&](Index offset, Index local, Index length) {
    for (Index i = 0; i < length; ++i) {
      Shape cell(5);
      Index rest = offset + i;
      for (std::size_t axis = 5; axis-- > 0; rest /= shape[axis]) cell[axis] = rest % shape[axis];
      if (cell[1] >= 3) continue;
      Point x;
      for (std::size_t axis = 0; axis < 3; ++axis) {
        x[axis] = 2.0 * kPi * static_cast<double>(cell[axis + 2]) / static_cast<double>(shape[axis + 2]);
      }
      error = std::max(error, std::abs(fields.local()[local + i] - exact(x)[static_cast<std::size_t>(cell[1])]));
    }
  });
  return world()->all_max(error);
}

DistTensor<double> copy_of_fields(const NavierStokes& flow) { return flow.fields().clone(); }

/// max |a - b| / max |a| over all cells, b brought to a's partition. Collective.
double relative_difference(const DistTensor<double>& a, const DistTensor<double>& b) {
  const DistTensor<double> moved = Repartition<double>(b.shape(), b.partition(), a.partition()).forward(b);
  double difference = 0.0;
  double largest = 0.0;
  for (Index i = 0; i < a.local_size(); ++i) {
    difference = std::max(difference, std::abs(a.local()[i] - moved.local()[i]));
    largest = std::max(largest, std::abs(a.local()[i]));
  }
  return world()->all_max(difference) / world()->all_max(largest);
}

TEST(NavierStokes, DecayOfTaylorGreenVortexIsExactInTime) {
  const double viscosity = 0.05;
  NavierStokes flow(slabs(), free_flow({16, 12, 5}, viscosity));
  flow.set_velocity([&](const Point& x) { return taylor_green(x, 0.0, viscosity, 0.0); });
  EXPECT_NEAR(flow.kinetic_energy(), 0.25, 1e-14);
  EXPECT_NEAR(flow.dissipation(), viscosity, 1e-14);
  flow.advance_to(1.0);
  EXPECT_EQ(flow.time(), 1.0);
  // The advection of this vortex is a pure pressure, and viscosity is integrated exactly.
  EXPECT_LT(velocity_error(flow, [&](const Point& x) { return taylor_green(x, 1.0, viscosity, 0.0); }), 1e-13);
  EXPECT_NEAR(flow.kinetic_energy(), 0.25 * std::exp(-4.0 * viscosity), 1e-13);
}

TEST(NavierStokes, CarriedVortexConvergesWithThirdOrderInTime) {
  const double viscosity = 0.05;
  const double speed = 1.0;
  std::vector<double> errors;
  for (const int steps : {4, 8}) {
    NavierStokes flow(slabs(), free_flow({8, 9, 4}, viscosity));
    flow.set_velocity([&](const Point& x) { return taylor_green(x, 0.0, viscosity, speed); });
    for (int step = 0; step < steps; ++step) flow.step(1.0 / steps);
    errors.push_back(velocity_error(flow, [&](const Point& x) { return taylor_green(x, 1.0, viscosity, speed); }));
  }
  EXPECT_LT(errors[1], 2e-4);
  EXPECT_NEAR(std::log2(errors[0] / errors[1]), 3.0, 0.2);
}

TEST(NavierStokes, VelocityIsFreeOfDivergence) {
  NavierStokes flow(slabs(), free_flow({8, 9, 7}, 0.01));
  flow.set_velocity(many_modes);
  EXPECT_GT(flow.kinetic_energy(), 0.1);
  EXPECT_LT(flow.max_divergence(), 1e-14);
  for (int i = 0; i < 5; ++i) flow.step(0.05);
  EXPECT_LT(flow.max_divergence(), 1e-14);
}

TEST(NavierStokes, LosesEnergyAtTheRateOfDissipation) {
  NavierStokes flow(slabs(), free_flow({12, 12, 12}, 0.05));
  flow.set_velocity(many_modes);
  std::vector<double> energy{flow.kinetic_energy()};
  std::vector<double> dissipation{flow.dissipation()};
  const double dt = 0.01;
  for (int i = 0; i < 2; ++i) {
    flow.step(dt);
    energy.push_back(flow.kinetic_energy());
    dissipation.push_back(flow.dissipation());
  }
  // Simpson's rule is more accurate than the time integration.
  const double lost = dt / 3.0 * (dissipation[0] + 4.0 * dissipation[1] + dissipation[2]);
  EXPECT_NEAR(energy[0] - energy[2], lost, 1e-5 * lost);
}

TEST(NavierStokes, KeepsAHermitianSetOfModesBelowTwoThirdsOfNyquist) {
  const Shape grid{8, 9, 7};
  NavierStokes flow(slabs(), free_flow(grid, 0.01));
  DistTensor<double> noise(flow.velocity_space());
  fill_normal(noise, RandomStream(5, "noise"));
  flow.set_velocity(noise);
  flow.step(0.01);
  const auto& modes = flow.spectrum();
  const SpectralGrid layout(grid, {3, 3, 3});
  EXPECT_EQ(modes.shape(), (Shape{1, 3, 6, 6, 3}));
  const auto frequency = [&](std::size_t axis, Index k) {
    const Index stored = layout.frequencies(axis)[static_cast<std::size_t>(k)];
    return 2 * stored > grid[axis] ? stored - grid[axis] : stored;
  };
  int kept = 0;
  const Box& box = modes.box();
  const Index tile = box.extent[2] * box.extent[3] * box.extent[4];
  for (Index mode = 0; mode < tile; ++mode) {
    const Index i = mode / (box.extent[3] * box.extent[4]);
    const Index j = mode / box.extent[4] % box.extent[3];
    const Index fx = frequency(0, box.start[2] + i);
    const Index fy = frequency(1, box.start[3] + j);
    const bool inside = 3 * std::abs(fx) < grid[0] && 3 * std::abs(fy) < grid[1];
    double size = 0.0;
    for (Index c = 0; c < 3; ++c) size += std::abs(modes.local()[c * tile + mode]);
    EXPECT_EQ(size > 0.0, inside) << fx << ", " << fy;
    kept += inside ? 1 : 0;
  }
  world()->all_sum(&kept, 1);
  EXPECT_EQ(kept, 5 * 5 * 3);
}

TEST(NavierStokes, RankCountAndPartitionChangeNothing) {
  FlowParameters parameters;
  parameters.grid = {12, 9, 8};
  std::vector<DistTensor<double>> results;
  for (const Partition& partition : {one_rank(), slabs(), columns()}) {
    NavierStokes flow(partition, parameters);
    flow.set_obstacle({{1.1, 1.5, 1.7}, 0.6});
    flow.set_velocity(many_modes);
    flow.advance_to(0.3);
    results.push_back(copy_of_fields(flow));
  }
  EXPECT_LT(relative_difference(results[0], results[1]), 1e-10);
  EXPECT_LT(relative_difference(results[0], results[2]), 1e-10);
}

TEST(NavierStokes, StopsInsideTheSphereAndStreamsUndisturbedUpstream) {
  const FlowParameters parameters;
  NavierStokes flow(slabs(), parameters);
  const Sphere sphere{{1.6, 1.6, 1.6}, 0.5};
  const Sphere core{sphere.centre, 0.35};
  flow.set_obstacle(sphere);
  flow.set_velocity([](const Point&) { return Point{1.0, 0.0, 0.0}; });
  flow.advance_to(1.5);
  const Box& box = flow.fields().box();
  const Index tile = box.extent[2] * box.extent[3] * box.extent[4];
  double core_square = 0.0;
  double core_cells = 0.0;
  double deviation = 0.0;
  for (Index cell = 0; cell < tile; ++cell) {
    const auto spacing = parameters.spacing();
    const Index plane = box.extent[3] * box.extent[4];
    const Point x{static_cast<double>(box.start[2] + cell / plane) * spacing[0],
                  static_cast<double>(box.start[3] + cell / box.extent[4] % box.extent[3]) * spacing[1],
                  static_cast<double>(box.start[4] + cell % box.extent[4]) * spacing[2]};
    const double* u = flow.fields().data() + cell;
    if (solid_fraction(core, x, parameters.lengths, 0.0) > 0.0) {
      core_square += u[0] * u[0] + u[tile] * u[tile] + u[2 * tile] * u[2 * tile];
      core_cells += 1.0;
    }
    if (x[0] == 0.0) deviation = std::max(deviation, std::hypot(u[0] - 1.0, u[tile], u[2 * tile]));
  }
  world()->all_sum(&core_square, 1);
  world()->all_sum(&core_cells, 1);
  EXPECT_GT(core_cells, 10.0);
  EXPECT_LT(std::sqrt(core_square / core_cells), 0.1);
  EXPECT_LT(world()->all_max(deviation), 0.1);
  EXPECT_GT(world()->all_max(deviation), 0.0);
}

TEST(NavierStokes, TimeStepLimitFollowsVelocityObstacleAndFringe) {
  FlowParameters parameters = free_flow({8, 8, 8}, 0.01);
  NavierStokes still(slabs(), parameters);
  EXPECT_TRUE(std::isinf(still.time_step_limit()));
  still.advance_to(3.0);
  EXPECT_EQ(still.kinetic_energy(), 0.0);
  still.set_velocity([](const Point&) { return Point{2.0, -1.0, 1.0}; });
  EXPECT_NEAR(still.time_step_limit(), parameters.cfl * (2.0 * kPi / 8.0) / 4.0, 1e-12);
  still.set_obstacle({{1.0, 1.0, 1.0}, 1.0});
  EXPECT_NEAR(still.time_step_limit(), parameters.penalisation, 1e-12);
  parameters.fringe_fraction = 0.25;
  parameters.fringe_strength = 4.0;
  EXPECT_NEAR(NavierStokes(slabs(), parameters).time_step_limit(), 0.25, 1e-12);
}

TEST(NavierStokes, BlowUpIsAnErrorOnAllRanks) {
  NavierStokes flow(slabs(), free_flow({8, 8, 8}, 0.0));
  flow.set_velocity(many_modes);
  try {
    for (int i = 0; i < 100; ++i) flow.step(50.0);
    ADD_FAILURE() << "steps far beyond the limit must blow up";
  } catch (const NumericError& error) {
    EXPECT_NE(std::string(error.what()).find("time step 50"), std::string::npos) << error.what();
  }
  flow.set_velocity(many_modes);
  EXPECT_NO_THROW(flow.step(0.01));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(flow.set_velocity([&](const Point& x) {
    return Point{x[0] == 0.0 ? nan : 0.0, 0.0, 0.0};
  }),
               NumericError);
}

TEST(NavierStokes, RefusesBadArguments) {
  FlowParameters parameters = free_flow({8, 8, 8}, 0.01);
  EXPECT_THROW(NavierStokes(Partition(world(), {1, 1, 1}), parameters), PartitionError);
  if (world()->size() > 1) {
    EXPECT_THROW(NavierStokes(Partition(world(), {1, 2, 1, 1, 1}), parameters), PartitionError);
  }
  NavierStokes flow(slabs(), parameters);
  EXPECT_THROW(flow.step(0.0), ArgumentError);
  EXPECT_THROW(flow.step(std::numeric_limits<double>::infinity()), ArgumentError);
  EXPECT_THROW(flow.advance_to(-1.0), ArgumentError);
  EXPECT_THROW(flow.set_obstacle({{1.0, 1.0, 1.0}, 0.0}), ArgumentError);
  EXPECT_THROW(flow.set_obstacle({{1.0, 1.0, 1.0}, 3.2}), ArgumentError);
  EXPECT_THROW(flow.set_obstacle({{std::nan(""), 1.0, 1.0}, 1.0}), ArgumentError);
  EXPECT_THROW(flow.set_velocity(DistTensor<double>({{1, 3, 8, 8, 9}, slabs()})), ShapeError);
}

}  // namespace
}  // namespace tessera
