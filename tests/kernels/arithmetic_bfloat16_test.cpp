#include "kernels/arithmetic/bfloat16.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

namespace tessera::kernels {
namespace {

float stored(float value) { return static_cast<float>(BFloat16(value)); }

BFloat16 from_bits(std::uint32_t bits) {
  BFloat16 value;
  value.bits = static_cast<std::uint16_t>(bits);
  return value;
}

TEST(ArithmeticBFloat16, EveryNumberComesBack) {
  for (std::uint32_t bits = 0; bits < (1u << 16); ++bits) {
    const float value = static_cast<float>(from_bits(bits));
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(stored(value))) << bits;
    } else {
      ASSERT_EQ(BFloat16(value).bits, bits);
    }
  }
}

TEST(ArithmeticBFloat16, RoundsToTheNearestAndTiesToEven) {
  for (std::uint32_t bits = 0; bits < 0x7f80u; ++bits) {
    const std::uint32_t low = bits << 16, half = low + 0x8000u;
    const std::uint32_t even = bits + bits % 2;
    ASSERT_EQ(BFloat16(std::bit_cast<float>(half)).bits, even) << bits;
    ASSERT_EQ(BFloat16(std::bit_cast<float>(half - 1)).bits, bits) << bits;
    ASSERT_EQ(BFloat16(std::bit_cast<float>(half + 1)).bits, bits + 1) << bits;
    ASSERT_EQ(BFloat16(-std::bit_cast<float>(half)).bits, even | 0x8000u) << bits;
  }
}

TEST(ArithmeticBFloat16, ErrorIsAtMostHalfAUnit) {
  for (float x = 1e-30f; x < 1e30f; x *= 1.0037f) ASSERT_LE(std::fabs(stored(x) - x), x / 256) << x;
}

TEST(ArithmeticBFloat16, InfinityAndNaNStay) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(stored(kInfinity), kInfinity);
  EXPECT_EQ(stored(-kInfinity), -kInfinity);
  EXPECT_EQ(stored(std::numeric_limits<float>::max()), kInfinity);
  for (const std::uint32_t bits : {0x7f800001u, 0x7fffffffu, 0xff800001u, 0xffffffffu, 0x7fc00000u}) {
    const float value = stored(std::bit_cast<float>(bits));
    EXPECT_TRUE(std::isnan(value)) << bits;
    EXPECT_EQ(std::signbit(value), bits >> 31 != 0) << bits;
  }
}

}  // namespace
}  // namespace tessera::kernels
