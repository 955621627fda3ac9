#include "tessera/simulation/sphere_flow.hpp"

#include <cmath>
#include <string>

#include "simulation/grid_cells.hpp"

namespace tessera {

namespace {

void require(bool holds, const std::string& message) {
  if (!holds) throw ConfigError("sphere flow: " + message);
}

const SphereFlowSettings& validated(const SphereFlowSettings& settings) {
  settings.validate();
  return settings;
}

/// [1, 1, x, y, z, last] on the ranks of the flow.
TensorSpace sample_space(const TensorSpace& flow, Index last) {
  Shape shape = flow.shape;
  shape[1] = 1;
  shape.push_back(last);
  Shape ranks = flow.partition.grid().extents();
  ranks.push_back(1);
  return {shape, flow.partition.with_grid(RankGrid(ranks))};
}

/// The inflow with noise, a function of the seed and of the global cell alone.
DistTensor<double> perturbed_inflow(const TensorSpace& space, const SphereFlowSettings& settings) {
  DistTensor<double> velocity(space);
  fill_normal(velocity, RandomStream(settings.seed, "sphere flow perturbation"));
  const double scale = settings.perturbation * settings.flow.inflow;
  for (double& value : velocity.local()) value *= scale;
  const Index cells = cells_of(velocity.box());
  for (Index cell = 0; cell < cells; ++cell) velocity.data()[cell] += settings.flow.inflow;
  return velocity;
}

}  // namespace

void SphereFlowSettings::validate() const {
  flow.validate();
  for (std::size_t axis = 0; axis < 3; ++axis) {
    require(centre_low[axis] >= 0.0 && centre_low[axis] <= centre_high[axis] && centre_high[axis] <= 1.0,
            "centre_low and centre_high must be fractions with 0 <= low <= high <= 1, got " +
                std::to_string(centre_low[axis]) + " and " + std::to_string(centre_high[axis]) + " on axis " +
                std::to_string(axis));
    require(radius > 0.0 && 2.0 * radius < flow.lengths[axis],
            "radius must be positive and below half of every period, got " + std::to_string(radius));
  }
  const double end = centre_high[0] * flow.lengths[0] + radius;
  require(end <= flow.fringe_start(), "the sphere may reach x = " + std::to_string(end) +
                                          ", but the fringe begins at x = " + std::to_string(flow.fringe_start()));
  require(std::isfinite(perturbation) && perturbation >= 0.0,
          "perturbation must be zero or positive, got " + std::to_string(perturbation));
  require(std::isfinite(spin_up) && spin_up >= 0.0, "spin_up must be zero or positive, got " + std::to_string(spin_up));
  require(std::isfinite(interval) && interval > 0.0, "interval must be positive, got " + std::to_string(interval));
  require(snapshots >= 1, "snapshots must be at least 1, got " + std::to_string(snapshots));
}

Sphere sphere_of_sample(const SphereFlowSettings& settings, Index sample) {
  if (sample < 0)
    throw ArgumentError("sphere_of_sample: the sample must not be negative, got " + std::to_string(sample));
  const RandomStream stream(settings.seed, "sphere centre");
  Sphere sphere{{}, settings.radius};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double share = stream.uniform(3 * static_cast<std::uint64_t>(sample) + axis);
    const double fraction =
        settings.centre_low[axis] + share * (settings.centre_high[axis] - settings.centre_low[axis]);
    sphere.centre[axis] = fraction * settings.flow.lengths[axis];
  }
  return sphere;
}

SphereFlow::SphereFlow(const Partition& partition, const SphereFlowSettings& settings)
    : settings_(validated(settings)), flow_(partition, settings_.flow) {}

SphereFlowSample SphereFlow::simulate(Index sample) {
  const Sphere sphere = sphere_of_sample(settings_, sample);
  const TensorSpace space = flow_.velocity_space();
  SphereFlowSample result{DistTensor<float>(sample_space(space, 1)),
                          DistTensor<float>(sample_space(space, settings_.snapshots))};
  for_each_cell(settings_.flow, result.obstacle.box(), [&](Index cell, const Point& position) {
    result.obstacle.data()[cell] = static_cast<float>(solid_fraction(sphere, position, settings_.flow.lengths, 0.0));
  });

  flow_.set_obstacle(sphere);
  flow_.set_velocity(perturbed_inflow(space, settings_));
  for (Index snapshot = 0; snapshot < settings_.snapshots; ++snapshot) {
    flow_.advance_to(settings_.spin_up + static_cast<double>(snapshot) * settings_.interval);
    const DistTensor<double> vorticity = flow_.vorticity_magnitude();
    for (Index cell = 0; cell < vorticity.local_size(); ++cell) {
      result.vorticity.data()[cell * settings_.snapshots + snapshot] = static_cast<float>(vorticity.data()[cell]);
    }
  }
  return result;
}

}  // namespace tessera
