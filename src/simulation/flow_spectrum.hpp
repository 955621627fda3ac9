#pragma once

#include <array>
#include <complex>
#include <vector>

#include "tessera/spectral/spectral_grid.hpp"
#include "tessera/tensor/dist_tensor.hpp"

namespace tessera {

/// The 2/3 rule as a choice of modes: m = ceil(N / 3) on each axis, so that frequencies |f| <= m - 1 < N / 3 are kept.
/// The frequency -m, which a SpectralGrid keeps beside them, has no partner and is masked by FlowSpectrum::project.
SpectralGrid dealiased_modes(const Shape& grid);

/// Operations on this rank's tile of the spectrum [1, 3, kx, ky, kz] of a velocity. Local: no communication.
class FlowSpectrum {
 public:
  using Complex = std::complex<double>;
  using Spectrum = DistTensor<Complex>;

  /// `box`: the tile. `lengths`: the periods, from which wave numbers k = 2 pi f / L follow.
  FlowSpectrum(const SpectralGrid& modes, const std::array<double, 3>& lengths, const Box& box);

  /// In place: the de-aliased, divergence-free part, X - k (k . X) / |k|^2.
  void project(Spectrum& velocity) const;
  /// fields [1, 6, kx, ky, kz] = (X, i k x X).
  void velocity_and_vorticity(const Spectrum& velocity, Spectrum& fields) const;
  /// One stage of the low-storage scheme with integrating factor E = exp(-|k|^2 viscous_time):
  ///   Q = carry Q + dt N,   X = E (X + weight Q),   Q = E Q.
  struct Stage {
    double carry, weight, dt, viscous_time;
  };
  void advance(const Stage& stage, const Spectrum& rate, Spectrum& carried, Spectrum& velocity) const;
  /// max |k . X|.
  double max_divergence(const Spectrum& velocity) const;

 private:
  struct Axis {
    std::vector<double> wave_numbers;
    std::vector<bool> kept;
    /// exp(-k^2 viscous_time) of every wave number.
    std::vector<double> decay(double viscous_time) const;
  };

  /// body(mode, i, j, l) in the order of one channel's local memory.
  template <class Body>
  void for_each_mode(Body&& body) const;

  Index modes_;
  std::array<Axis, 3> axes_;
};

}  // namespace tessera
