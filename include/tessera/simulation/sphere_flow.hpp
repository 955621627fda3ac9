#pragma once

/// \file
/// One sample of the Navier-Stokes data set: the wake of a sphere set into a uniform stream.

#include <cstdint>
#include <memory>

#include "tessera/simulation/navier_stokes.hpp"

namespace tessera {

/// What all samples of a data set share.
struct SphereFlowSettings {
  FlowParameters flow;
  /// Radius of the sphere, in the unit of the box's lengths.
  double radius = 0.5;
  /// The centre is drawn uniformly from the box between these fractions of the periods.
  Point centre_low{0.2, 0.3, 0.3};
  Point centre_high{0.4, 0.7, 0.7};
  /// Standard deviation, relative to the inflow, of the noise on the initial velocity that breaks the wake's symmetry.
  /// It is the same for all samples, so that the flow is a function of the sphere's position alone.
  double perturbation = 1e-3;
  /// Time of the first snapshot and time from one snapshot to the next.
  double spin_up = 0.5;
  double interval = 0.4;
  Index snapshots = 12;
  std::uint64_t seed = 0;

  /// Throws ConfigError naming the setting; the sphere must stay clear of the fringe.
  void validate() const;
};

/// The sphere of a sample; a function of the seed and the sample's number alone.
Sphere sphere_of_sample(const SphereFlowSettings& settings, Index sample);

/// Input and output of one sample, divided among ranks like the flow; time is never divided.
struct SphereFlowSample {
  DistTensor<float> obstacle;   ///< [1, 1, x, y, z, 1]: 1 inside the sphere, 0 outside
  DistTensor<float> vorticity;  ///< [1, 1, x, y, z, t]: |curl u| at spin_up + t interval
};

/// Simulates samples one after another on the ranks of a partition [1, 1, Px, Py, Pz]. Each starts impulsively from the
/// uniform inflow. Members are collective.
class SphereFlow {
 public:
  /// Throws ConfigError or PartitionError.
  SphereFlow(const Partition& partition, const SphereFlowSettings& settings);

  /// Throws ArgumentError when `sample` is negative, NumericError when the flow blows up.
  SphereFlowSample simulate(Index sample);

 private:
  SphereFlowSettings settings_;
  NavierStokes flow_;
};

}  // namespace tessera
