#include "simulation/flow_forcing.hpp"

#include <algorithm>
#include <cmath>

#include "simulation/grid_cells.hpp"

namespace tessera {

namespace {

/// Infinitely smooth step from 0 (s <= 0) to 1 (s >= 1).
double smooth_step(double s) {
  if (s <= 0.0) return 0.0;
  if (s >= 1.0) return 1.0;
  return 1.0 / (1.0 + std::exp(1.0 / (s - 1.0) + 1.0 / s));
}

/// Rises over the first half of the fringe and falls over its last quarter, so that it ends where the period does.
double fringe_rate(const FlowParameters& parameters, double x) {
  const double share = (x - parameters.fringe_start()) / (parameters.lengths[0] - parameters.fringe_start());
  return parameters.fringe_strength * (smooth_step(share / 0.5) - smooth_step((share - 1.0) / 0.25 + 1.0));
}

}  // namespace

FlowForcing::FlowForcing(const FlowParameters& parameters, const Box& box)
    : box_(box),
      inflow_(parameters.inflow),
      fringe_(static_cast<std::size_t>(box.extent[2]), 0.0),
      damping_(static_cast<std::size_t>(cells_of(box)), 0.0) {
  if (parameters.fringe_fraction == 0.0) return;
  fastest_rate_ = parameters.fringe_strength;
  for (Index i = 0; i < box.extent[2]; ++i) {
    fringe_[static_cast<std::size_t>(i)] =
        fringe_rate(parameters, static_cast<double>(box.start[2] + i) * parameters.spacing()[0]);
  }
}

void FlowForcing::set_obstacle(const FlowParameters& parameters, const Sphere& sphere) {
  const auto spacing = parameters.spacing();
  const double width = parameters.surface_width * *std::max_element(spacing.begin(), spacing.end());
  fastest_rate_ = std::max(fastest_rate_, 1.0 / parameters.penalisation);
  for_each_cell(parameters, box_, [&](Index cell, const Point& position) {
    damping_[static_cast<std::size_t>(cell)] =
        solid_fraction(sphere, position, parameters.lengths, width) / parameters.penalisation;
  });
}

void FlowForcing::evaluate(const DistTensor<double>& fields, DistTensor<double>& rate) const {
  const Index cells = cells_of(box_);
  const Index plane = box_.extent[3] * box_.extent[4];
  const double* u = fields.data();
  const double* v = u + cells;
  const double* w = v + cells;
  const double* vorticity_x = w + cells;
  const double* vorticity_y = vorticity_x + cells;
  const double* vorticity_z = vorticity_y + cells;
  double* rate_x = rate.data();
  double* rate_y = rate_x + cells;
  double* rate_z = rate_y + cells;
  for (Index i = 0; i < box_.extent[2]; ++i) {
    const double lambda = fringe_[static_cast<std::size_t>(i)];
    for (Index p = i * plane; p < (i + 1) * plane; ++p) {
      const double damping = damping_[static_cast<std::size_t>(p)] + lambda;
      rate_x[p] = v[p] * vorticity_z[p] - w[p] * vorticity_y[p] - damping * u[p] + lambda * inflow_;
      rate_y[p] = w[p] * vorticity_x[p] - u[p] * vorticity_z[p] - damping * v[p];
      rate_z[p] = u[p] * vorticity_y[p] - v[p] * vorticity_x[p] - damping * w[p];
    }
  }
}

}  // namespace tessera
