#pragma once

#include <vector>

#include "tessera/simulation/flow_parameters.hpp"
#include "tessera/simulation/sphere.hpp"
#include "tessera/tensor/dist_tensor.hpp"

namespace tessera {

/// The terms of the momentum equation that are evaluated at cells of one tile of [1, c, x, y, z].
class FlowForcing {
 public:
  FlowForcing(const FlowParameters& parameters, const Box& box);

  void set_obstacle(const FlowParameters& parameters, const Sphere& sphere);

  /// rate = u x omega - (chi / eta) u + lambda (U e_x - u), from fields [1, 6, x, y, z] = (u, omega). Local.
  void evaluate(const DistTensor<double>& fields, DistTensor<double>& rate) const;
  /// The fastest rate of the linear terms, max(1 / eta, lambda_max) of those present anywhere in the box.
  double fastest_rate() const noexcept { return fastest_rate_; }

 private:
  Box box_;
  double inflow_;
  double fastest_rate_ = 0.0;
  /// lambda per x index of the tile, chi / eta per cell.
  std::vector<double> fringe_;
  std::vector<double> damping_;
};

}  // namespace tessera
