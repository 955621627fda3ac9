#pragma once

/// \file
/// What the file of this name in kernels/cuda declares, for the emulation.

#include <bit>

#include "emulation/fail.hpp"
#include "emulation/kernel.hpp"

namespace tessera::kernels::cuda {

inline constexpr unsigned kDroppedFractionBits = 13;

inline float tensor_float32(float value) {
  if (value != value) return value;
  const unsigned half = 1u << (kDroppedFractionBits - 1), dropped = (1u << kDroppedFractionBits) - 1;
  return std::bit_cast<float>((std::bit_cast<unsigned>(value) + half) & ~dropped);
}

inline void add_tensor_product(const float (&a)[4], const float (&b)[2], float (&c)[4]) {
  struct Factors {
    float a[4], b[2];
  };
  const Factors mine = {{a[0], a[1], a[2], a[3]}, {b[0], b[1]}};
  for (const float value : {a[0], a[1], a[2], a[3], b[0], b[1]}) {
    if (value == value && tensor_float32(value) != value) emulation::fail("a tensor core is given too long a fraction");
  }
  const auto lanes = emulation::values_of_warp(0xffffffffu, "add_tensor_product", mine);
  const int g = emulation::lane() / 4, q = emulation::lane() % 4;
  for (int k = 0; k < 8; ++k) {
    for (int i = 0; i < 4; ++i) {
      const int column = 2 * q + i % 2;
      const float left = lanes[g * 4 + k % 4].a[k / 4 * 2 + i / 2];
      const float right = lanes[column * 4 + k % 4].b[k / 4];
      c[i] += left * right;
    }
  }
}

}  // namespace tessera::kernels::cuda
