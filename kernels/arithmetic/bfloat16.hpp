#pragma once

/// \file
/// Numbers of 16 bits, for what is stored while arithmetic stays in float: the upper half of a float.

#include <cstdint>

#include "kernels/arithmetic/host_device.hpp"

namespace tessera::kernels {

/// 8 bits of precision and the range of a float. From a float by rounding to the nearest, ties to even; past the
/// largest finite number is infinity, NaN stays NaN with its sign. Back to a float exactly.
struct BFloat16 {
  std::uint16_t bits;

  BFloat16() = default;
  TESSERA_HOST_DEVICE explicit BFloat16(float value) : bits(rounded(__builtin_bit_cast(std::uint32_t, value))) {}
  TESSERA_HOST_DEVICE explicit operator float() const {
    return __builtin_bit_cast(float, static_cast<std::uint32_t>(bits) << 16);
  }

 private:
  TESSERA_HOST_DEVICE static std::uint16_t rounded(std::uint32_t wide) {
    // A NaN all of whose upper bits are zero would become infinity.
    if ((wide & 0x7fffffffu) > 0x7f800000u) return static_cast<std::uint16_t>((wide >> 16) | 0x40u);
    return static_cast<std::uint16_t>((wide + 0x7fffu + ((wide >> 16) & 1u)) >> 16);
  }
};

}  // namespace tessera::kernels
