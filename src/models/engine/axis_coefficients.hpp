#pragma once

#include <optional>

#include "spectral/fourier_coefficients.hpp"

namespace tessera::engine {

/// The coefficients of an axis's transform on this rank, or, where it is not transformed here, those of the identity on
/// its `cells`.
inline FourierCoefficients axis_coefficients(const std::optional<FourierLine>& line, Index cells, ModeScaling scaling) {
  if (line) return fourier_coefficients(*line, scaling);
  const auto entries = static_cast<std::size_t>(cells * cells);
  FourierCoefficients identity{cells, cells, std::vector<double>(entries, 0.0), std::vector<double>(entries, 0.0)};
  for (Index n = 0; n < cells; ++n) identity.cosine[static_cast<std::size_t>(n * cells + n)] = 1.0;
  return identity;
}

}  // namespace tessera::engine
