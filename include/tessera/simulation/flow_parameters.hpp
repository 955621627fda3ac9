#pragma once

/// \file
/// What defines an incompressible flow through a periodic box.

#include <array>

#include "tessera/core/shape.hpp"

namespace tessera {

/// Parameters of NavierStokes. Units are the user's: one of length, one of time, made consistent by the user. The
/// defaults measure lengths in diameters of the default sphere (SphereFlowSettings::radius = 1/2) and time in
/// diameters per inflow speed, so that 1 / viscosity is the Reynolds number of the sphere.
struct FlowParameters {
  /// Cells along x, y, z, at least 4 each. Cell (i, j, k) lies at (i Lx / Nx, j Ly / Ny, k Lz / Nz).
  Shape grid{24, 16, 16};
  /// Lx, Ly, Lz, the periods of the box.
  std::array<double, 3> lengths{4.8, 3.2, 3.2};
  /// Kinematic viscosity nu, length^2 / time.
  double viscosity = 0.01;
  /// Speed U of the uniform inflow along x, length / time.
  double inflow = 1.0;
  /// Time eta in which the obstacle stops the fluid inside it. The velocity left there is about eta U / radius.
  double penalisation = 0.04;
  /// Width in cells (of the widest axis) over which the obstacle's surface is smoothed; 0 makes it sharp.
  double surface_width = 2.0;
  /// Share of the period in x, at its end, in which the flow is led back to the uniform inflow; 0 leaves the box purely
  /// periodic.
  double fringe_fraction = 0.2;
  /// Largest rate lambda at which the fringe removes what differs from the inflow, 1 / time.
  double fringe_strength = 8.0;
  /// Courant number: the time step is at most cfl / max(|u| / dx + |v| / dy + |w| / dz). At most 0.8, the limit of
  /// stability of the time integration for the highest mode kept.
  double cfl = 0.5;

  /// Throws ConfigError naming the parameter, what is allowed and what was found.
  void validate() const;
  /// Lx / Nx, Ly / Ny, Lz / Nz.
  std::array<double, 3> spacing() const;
  /// Where the fringe begins on the x axis.
  double fringe_start() const { return lengths[0] * (1.0 - fringe_fraction); }
};

}  // namespace tessera
