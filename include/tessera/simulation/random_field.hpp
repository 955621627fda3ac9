#pragma once

/// \file
/// Stationary Gaussian random fields on a Cartesian grid.

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tessera/core/shape.hpp"
#include "tessera/spectral/axis_transform.hpp"

namespace tessera {

/// Covariance of two points as a function of their distance r, measured in correlation lengths:
/// r^2 = sum_a (distance_a / length_a)^2.
enum class Covariance {
  gaussian,     ///< exp(-r^2)
  exponential,  ///< exp(-r)
  von_karman    ///< 2^(1-h) / Gamma(h) r^h K_h(r) with the Hurst exponent h; h = 1/2 is the exponential one
};

struct RandomFieldSettings {
  Shape grid{16, 16, 8};
  /// Distance of neighbouring cells along each axis, in the unit of the correlation lengths.
  std::array<double, 3> spacing{1.0, 1.0, 1.0};
  std::array<double, 3> correlation_lengths{4.0, 4.0, 2.0};
  Covariance covariance = Covariance::exponential;
  /// Of von_karman alone: in (0, 1], rougher where smaller.
  double hurst = 0.3;

  /// Throws ConfigError naming the setting.
  void validate() const;
};

/// Draws fields of mean 0, standard deviation 1 and the covariance C asked for, by spectral synthesis on a periodic
/// grid (circulant embedding: Wood and Chan, "Simulation of stationary Gaussian processes in [0, 1]^d", J. Comput.
/// Graph. Stat. 3, 1994; Dietrich and Newsam, SIAM J. Sci. Comput. 18, 1997):
///   field = F^-1 ( sqrt(lambda) F w ),   lambda = F C,   w independent standard normal numbers.
/// The periodic grid is larger than the one asked for by kPadding correlation lengths along each axis, so that opposite
/// faces are as good as independent; the field is cut out of it. On cells the covariance is then exact, but for the
/// eigenvalues that come out negative: they are set to zero, and the others scaled so that the variance stays 1.
///
/// A field is a function of the stream's seed and the number of the sample alone, not of the number of threads. Local:
/// no communication.
class RandomField {
 public:
  /// Correlation lengths of padding; the exponential covariance has fallen to 0.7% there.
  static constexpr double kPadding = 5.0;

  /// Throws ConfigError for bad settings.
  explicit RandomField(const RandomFieldSettings& settings);
  ~RandomField();

  /// Extents of the periodic grid.
  const Shape& periodic_grid() const noexcept { return periodic_; }
  /// Sum of the eigenvalues set to zero, relative to the sum of the others.
  double clipped() const noexcept { return clipped_; }

  /// The field of a sample on the grid asked for, row-major [x, y, z]. Throws ArgumentError when `sample` is negative.
  std::vector<double> draw(std::uint64_t seed, const std::string& stream, Index sample) const;

 private:
  using Complex = std::complex<double>;

  /// In place, over all axes of the periodic grid; the inverse with 1 / volume.
  void transform(std::vector<Complex>& values, bool inverse) const;

  RandomFieldSettings settings_;
  Shape periodic_;
  std::vector<std::unique_ptr<const AxisTransform<double>>> axes_;
  /// sqrt(lambda), mode by mode.
  std::vector<double> amplitude_;
  double clipped_ = 0.0;
};

}  // namespace tessera
