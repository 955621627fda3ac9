#pragma once

#include <vector>

#include "tessera/spectral/axis_transform.hpp"

namespace tessera {

/// s_k cos and s_k sin of 2 pi f_k n / N for the modes and cells of a line, both [modes, cells].
struct FourierCoefficients {
  Index modes = 0, cells = 0;
  std::vector<double> cosine, sine;
};

FourierCoefficients fourier_coefficients(const FourierLine& line, ModeScaling scaling);

}  // namespace tessera
