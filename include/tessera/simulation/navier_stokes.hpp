#pragma once

/// \file
/// The incompressible Navier-Stokes equations in three dimensions.

#include <complex>
#include <functional>
#include <memory>
#include <string>

#include "tessera/simulation/flow_parameters.hpp"
#include "tessera/simulation/sphere.hpp"
#include "tessera/spectral/truncated_fft.hpp"

namespace tessera {

class FlowForcing;
class FlowSpectrum;

/// Solves, in double precision on the triply periodic box,
///
///   du/dt = u x omega - grad P + nu lap u - (chi / eta) u + lambda(x) (U e_x - u),    div u = 0,    omega = curl u.
///
/// Space: Fourier pseudo-spectral. Modes with |k| < N / 3 on every axis are kept, so that the quadratic term in
/// rotational form is free of aliasing (the 2/3 rule) and, without forcing, conserves energy but for viscosity. The
/// total pressure P is eliminated by projecting on divergence-free modes.
/// Obstacle: the Brinkman penalisation term with chi = 1 in the solid (Angot, Bruneau, Fabrie, "A penalization method
/// to take into account obstacles in incompressible viscous flows", Numer. Math. 81, 1999). Inflow: a fringe at the end
/// of the x axis brings the flow back to U e_x (Nordstroem, Nordin, Henningson, "The fringe region technique and the
/// Fourier method", SIAM J. Sci. Comput. 20, 1999); the wake leaves there. Time: the three-stage, third-order,
/// low-storage Runge-Kutta scheme of Williamson (J. Comput. Phys. 35, 1980) with the viscous term exact by an
/// integrating factor. Viscosity therefore never bounds the time step, and one register beside the velocity suffices; a
/// four-stage scheme would allow a larger step but cost more per unit of time.
///
/// The partition divides [1, 1, x, y, z]; all members but the plain getters are collective over its communicator.
/// Results depend on the rank count through rounding only.
class NavierStokes {
 public:
  /// Throws ConfigError for bad parameters and PartitionError unless the partition has the form [1, 1, Px, Py, Pz].
  NavierStokes(const Partition& partition, const FlowParameters& parameters);
  ~NavierStokes();

  const FlowParameters& parameters() const noexcept { return parameters_; }
  /// [1, 3, x, y, z]: channels u, v, w.
  TensorSpace velocity_space() const { return velocity_transform_.grid_space(); }

  /// Starts from the divergence-free, de-aliased part of a velocity given at every cell; the clock returns to 0. (A new
  /// solver starts from rest.) Throws NumericError when a value is not finite, ShapeError for the wrong space.
  void set_velocity(const std::function<Point(const Point& position)>& velocity);
  void set_velocity(const DistTensor<double>& velocity);
  /// Replaces the obstacle. Throws ArgumentError unless 0 < radius < half the smallest period and all is finite.
  void set_obstacle(const Sphere& sphere);

  double time() const noexcept { return time_; }
  /// Largest time step for which the scheme is stable and accurate now:
  ///   min( cfl / max(|u| / dx + |v| / dy + |w| / dz), eta, 1 / lambda_max ),
  /// the last two where there is an obstacle or a fringe. Infinite for a fluid at rest that nothing drives. Not
  /// collective.
  double time_step_limit() const noexcept;
  /// One step of `dt`. Throws ArgumentError unless dt is positive and finite; NumericError, on all ranks, naming time
  /// and step when the velocity is no longer finite.
  void step(double dt);
  /// Steps of equal length, re-chosen as the limit changes, that end exactly at `time`. Throws as step, and
  /// ArgumentError when `time` is in the past.
  void advance_to(double time);

  /// Velocity and vorticity at every cell: [1, 6, x, y, z], channels u, v, w, then curl u. Not collective.
  const DistTensor<double>& fields() const noexcept { return fields_; }
  /// Unscaled Fourier coefficients of u, v, w; see SpectralGrid for the order of modes. Not collective.
  const DistTensor<std::complex<double>>& spectrum() const noexcept { return velocity_; }
  /// |omega| at every cell, [1, 1, x, y, z].
  DistTensor<double> vorticity_magnitude() const;

  /// Mean over the box of |u|^2 / 2.
  double kinetic_energy() const;
  /// Mean rate of viscous dissipation, nu |omega|^2. Without obstacle and fringe, d/dt kinetic_energy = - dissipation.
  double dissipation() const;
  /// Largest magnitude of a Fourier coefficient, scaled by 1 / (Nx Ny Nz), of div u.
  double max_divergence() const;

 private:
  using Spectrum = DistTensor<std::complex<double>>;

  void synthesise_fields();
  /// Brings fields_ up to date with velocity_ and measures them. Collective; throws NumericError naming `operation`.
  void refresh(const std::string& operation);
  /// Mean over the box of the summed squares of three channels of the fields.
  double mean_square(Index first_channel) const;

  FlowParameters parameters_;
  double time_ = 0.0;
  /// max(|u| / dx + |v| / dy + |w| / dz) over the box.
  double courant_rate_ = 0.0;
  PlannedTransform<double> velocity_transform_;
  PlannedTransform<double> fields_transform_;
  std::unique_ptr<const FlowSpectrum> operators_;
  std::unique_ptr<FlowForcing> forcing_;
  Spectrum velocity_;
  Spectrum carried_;
  Spectrum fields_spectrum_;
  DistTensor<double> fields_;
  DistTensor<double> rate_;
};

}  // namespace tessera
