#pragma once

/// \file
/// What the file of this name in kernels/cuda declares, for the emulation.

#include <bit>
#include <cmath>

#include "emulation/kernel.hpp"

namespace tessera::kernels::cuda {

inline constexpr unsigned kDroppedBits = 0x1fffu;

inline float tensor_float32(float value) {
  if (!std::isfinite(value)) return value;
  return std::bit_cast<float>((std::bit_cast<unsigned>(value) + (kDroppedBits + 1) / 2) & ~kDroppedBits);
}

/// A device does not look at the bits that tensor_float32 drops.
inline void add_tensor_product(const float (&a)[4], const float (&b)[2], float (&c)[4]) {
  struct Factors {
    float a[4], b[2];
  };
  const auto factors =
      emulation::values_of_warp(0xffffffffu, "add_tensor_product", Factors{{a[0], a[1], a[2], a[3]}, {b[0], b[1]}});
  const auto seen = [](float factor) { return std::bit_cast<float>(std::bit_cast<unsigned>(factor) & ~kDroppedBits); };
  for (int i = 0; i < 4; ++i) {
    const int row = emulation::lane() / 4, column = emulation::lane() % 4 * 2 + i % 2;
    for (int term = 0; term < 8; ++term) {
      const float left = factors[4 * row + term % 4].a[term / 4 * 2 + i / 2];
      const float right = factors[4 * column + term % 4].b[term / 4];
      c[i] += seen(left) * seen(right);
    }
  }
}

}  // namespace tessera::kernels::cuda
