#include "tessera/simulation/navier_stokes.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

#include "simulation/flow_forcing.hpp"
#include "simulation/flow_spectrum.hpp"
#include "simulation/grid_cells.hpp"

namespace tessera {

namespace {

/// Williamson's scheme: Q = carry Q + dt N, u += weight Q; the stage ends `advance` of the step later than it began.
struct RungeKuttaStage {
  double carry, weight, advance;
};
constexpr std::array<RungeKuttaStage, 3> kStages{
    {{0.0, 1.0 / 3.0, 1.0 / 3.0}, {-5.0 / 9.0, 15.0 / 16.0, 5.0 / 12.0}, {-153.0 / 128.0, 8.0 / 15.0, 1.0 / 4.0}}};

/// Steps by which a count may exceed a whole number before another step is taken.
constexpr double kStepMargin = 1e-9;

const FlowParameters& validated(const FlowParameters& parameters) {
  parameters.validate();
  return parameters;
}

const Partition& checked(const Partition& partition) {
  const RankGrid& grid = partition.grid();
  const Shape& extents = grid.extents();
  if (extents.size() != 5 || extents[0] != 1 || extents[1] != 1 || !(grid == RankGrid(extents))) {
    throw PartitionError("NavierStokes: the partition must be [1, 1, Px, Py, Pz], got " + to_string(partition));
  }
  return partition;
}

PlannedTransform<double> make_transform(Index channels, const Shape& grid, const Partition& partition) {
  return PlannedTransform<double>(
      plan_transform(1, channels, dealiased_modes(grid), partition.grid(), Schedule::exchange), partition);
}

}  // namespace

NavierStokes::NavierStokes(const Partition& partition, const FlowParameters& parameters)
    : parameters_(validated(parameters)),
      velocity_transform_(make_transform(3, parameters_.grid, checked(partition))),
      fields_transform_(make_transform(6, parameters_.grid, partition)),
      operators_(std::make_unique<const FlowSpectrum>(velocity_transform_.plan().spectral, parameters_.lengths,
                                                      velocity_transform_.spectrum_space().tile())),
      forcing_(std::make_unique<FlowForcing>(parameters_, velocity_transform_.grid_space().tile())),
      velocity_(Spectrum::zeros(velocity_transform_.spectrum_space())),
      carried_(velocity_transform_.spectrum_space()),
      fields_spectrum_(fields_transform_.spectrum_space()),
      fields_(DistTensor<double>::zeros(fields_transform_.grid_space())),
      rate_(velocity_transform_.grid_space()) {}

NavierStokes::~NavierStokes() = default;

void NavierStokes::set_velocity(const std::function<Point(const Point& position)>& velocity) {
  const Index cells = cells_of(rate_.box());
  for_each_cell(parameters_, rate_.box(), [&](Index cell, const Point& position) {
    const Point value = velocity(position);
    for (std::size_t axis = 0; axis < 3; ++axis) rate_.data()[static_cast<Index>(axis) * cells + cell] = value[axis];
  });
  set_velocity(rate_);
}

void NavierStokes::set_velocity(const DistTensor<double>& velocity) {
  velocity_ = velocity_transform_.analyse(ModeScaling::unit, velocity);
  operators_->project(velocity_);
  time_ = 0.0;
  refresh("NavierStokes::set_velocity");
}

void NavierStokes::set_obstacle(const Sphere& sphere) {
  const double shortest = *std::min_element(parameters_.lengths.begin(), parameters_.lengths.end());
  const auto finite = [](double value) { return std::isfinite(value); };
  if (!(sphere.radius > 0.0 && 2.0 * sphere.radius < shortest) ||
      !std::all_of(sphere.centre.begin(), sphere.centre.end(), finite)) {
    throw ArgumentError(
        "NavierStokes::set_obstacle: the centre must be finite and the radius between 0 and half the smallest period " +
        std::to_string(shortest) + ", got radius " + std::to_string(sphere.radius));
  }
  forcing_->set_obstacle(parameters_, sphere);
}

double NavierStokes::time_step_limit() const noexcept {
  return 1.0 / std::max(courant_rate_ / parameters_.cfl, forcing_->fastest_rate());
}

void NavierStokes::step(double dt) {
  if (!(std::isfinite(dt) && dt > 0.0)) {
    throw ArgumentError("NavierStokes::step: the time step must be positive and finite, got " + std::to_string(dt));
  }
  carried_.set_zero();
  for (const RungeKuttaStage& stage : kStages) {
    // The fields are those of the velocity already when a step begins.
    if (&stage != &kStages.front()) synthesise_fields();
    forcing_->evaluate(fields_, rate_);
    Spectrum rate = velocity_transform_.analyse(ModeScaling::unit, rate_);
    operators_->project(rate);
    operators_->advance({stage.carry, stage.weight, dt, parameters_.viscosity * stage.advance * dt}, rate, carried_,
                        velocity_);
  }
  time_ += dt;
  refresh("NavierStokes::step to time " + std::to_string(time_) + " with time step " + std::to_string(dt));
}

void NavierStokes::advance_to(double time) {
  if (!(std::isfinite(time) && time >= time_)) {
    throw ArgumentError("NavierStokes::advance_to: the flow is at time " + std::to_string(time_) +
                        ", cannot advance to " + std::to_string(time));
  }
  while (time_ < time) {
    const double remaining = time - time_;
    // The margin keeps the number of steps the same where rounding differs between rank counts.
    const double steps = std::max(1.0, std::ceil(remaining / time_step_limit() - kStepMargin));
    step(remaining / steps);
    if (steps == 1.0) time_ = time;
  }
}

DistTensor<double> NavierStokes::vorticity_magnitude() const {
  Shape shape = fields_.shape();
  shape[1] = 1;
  DistTensor<double> magnitude({shape, fields_.partition()});
  const Index cells = magnitude.local_size();
  const double* vorticity = fields_.data() + 3 * cells;
  for (Index cell = 0; cell < cells; ++cell) {
    magnitude.data()[cell] = std::hypot(vorticity[cell], vorticity[cells + cell], vorticity[2 * cells + cell]);
  }
  return magnitude;
}

double NavierStokes::kinetic_energy() const { return 0.5 * mean_square(0); }

double NavierStokes::dissipation() const { return parameters_.viscosity * mean_square(3); }

double NavierStokes::max_divergence() const {
  const auto cells = static_cast<double>(volume(parameters_.grid));
  return fields_.communicator().all_max(operators_->max_divergence(velocity_)) / cells;
}

void NavierStokes::synthesise_fields() {
  operators_->velocity_and_vorticity(velocity_, fields_spectrum_);
  fields_ = fields_transform_.synthesise(ModeScaling::inverse, fields_spectrum_);
}

void NavierStokes::refresh(const std::string& operation) {
  synthesise_fields();
  const auto spacing = parameters_.spacing();
  const Index cells = cells_of(fields_.box());
  const double* u = fields_.data();
  double fastest = 0.0;
  bool finite = true;
  for (Index cell = 0; cell < cells; ++cell) {
    const double rate = std::abs(u[cell]) / spacing[0] + std::abs(u[cells + cell]) / spacing[1] +
                        std::abs(u[2 * cells + cell]) / spacing[2];
    finite = finite && std::isfinite(rate);
    fastest = std::max(fastest, rate);
  }
  // An infinite rate stands for any value that is not finite: a maximum would lose a NaN.
  courant_rate_ = fields_.communicator().all_max(finite ? fastest : std::numeric_limits<double>::infinity());
  if (!std::isfinite(courant_rate_)) throw NumericError(operation + ": the velocity is no longer finite");
}

double NavierStokes::mean_square(Index first_channel) const {
  const Index cells = cells_of(fields_.box());
  const double* begin = fields_.data() + first_channel * cells;
  double sum = std::inner_product(begin, begin + 3 * cells, begin, 0.0);
  fields_.communicator().all_sum(&sum, 1);
  return sum / static_cast<double>(volume(parameters_.grid));
}

}  // namespace tessera
