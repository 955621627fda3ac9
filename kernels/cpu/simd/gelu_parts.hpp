#pragma once

/// \file
/// What both ways to compute gelu share.

#ifdef __AVX512F__
#include <immintrin.h>
#endif

#include "kernels/cpu/simd/vector.hpp"

namespace tessera::kernels::simd::TESSERA_SIMD_NAMESPACE {

using Floats = Vector<float, kLanes<float>>;
using FloatBits = VectorOf<float, kLanes<float>>::Integers;

/// gelu(x) and gelu'(x).
struct Gelu {
  Floats value, derivative;
};

TESSERA_ALWAYS_INLINE Floats absolute(Floats x) { return (Floats)((FloatBits)x & 0x7fffffff); }

/// min(bound, x); NaN in x passes through.
TESSERA_ALWAYS_INLINE Floats smaller(float bound, Floats x) {
#ifdef __AVX512F__
  return _mm512_mask_min_ps(x, static_cast<__mmask16>(-1), _mm512_set1_ps(bound), x);
#else
  return x > bound ? Floats{} + bound : x;
#endif
}

/// max(x, 0); NaN passes through.
TESSERA_ALWAYS_INLINE Floats positive_part(Floats x) {
#ifdef __AVX512F__
  return _mm512_mask_max_ps(x, static_cast<__mmask16>(-1), Floats{}, x);
#else
  return x < 0.0f ? Floats{} : x;
#endif
}

}  // namespace tessera::kernels::simd::TESSERA_SIMD_NAMESPACE
