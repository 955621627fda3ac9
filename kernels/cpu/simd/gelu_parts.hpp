#pragma once

/// \file
/// What both ways to compute gelu share.

#include "kernels/cpu/simd/vector.hpp"

namespace tessera::kernels::simd::TESSERA_SIMD_NAMESPACE {

using Floats = Vector<float, kLanes<float>>;
using FloatBits = VectorOf<float, kLanes<float>>::Integers;

/// gelu(x) and gelu'(x).
struct Gelu {
  Floats value, derivative;
};

TESSERA_ALWAYS_INLINE Floats absolute(Floats x) { return (Floats)((FloatBits)x & 0x7fffffff); }

/// max(x, 0), written so that NaN passes through.
TESSERA_ALWAYS_INLINE Floats positive_part(Floats x) { return x < 0.0f ? Floats{} : x; }

}  // namespace tessera::kernels::simd::TESSERA_SIMD_NAMESPACE
