#include "spectral/fourier_coefficients.hpp"

#include <cmath>
#include <numbers>

namespace tessera {

FourierCoefficients fourier_coefficients(const FourierLine& line, ModeScaling scaling) {
  FourierCoefficients result{static_cast<Index>(line.frequencies.size()), line.slab.extent, {}, {}};
  result.cosine.reserve(static_cast<std::size_t>(result.modes * result.cells));
  result.sine.reserve(static_cast<std::size_t>(result.modes * result.cells));
  for (std::size_t k = 0; k < line.frequencies.size(); ++k) {
    const double scale = scaling == ModeScaling::inverse ? line.inverse_weights[k] : 1.0;
    for (Index n = 0; n < result.cells; ++n) {
      // The phase is reduced in integers: exact for any length.
      const Index turn = line.frequencies[k] * (line.slab.start + n) % line.length;
      const double angle = 2.0 * std::numbers::pi * static_cast<double>(turn) / static_cast<double>(line.length);
      result.cosine.push_back(scale * std::cos(angle));
      result.sine.push_back(scale * std::sin(angle));
    }
  }
  return result;
}

}  // namespace tessera
