#pragma once

/// \file
/// Copies whose stores go past the caches. Elsewhere than on x86, which alone has instructions for it that ask nothing
/// of the reader, plain copies.

#include "kernels/cpu/simd/vector.hpp"

#ifdef __SSE2__
#include <immintrin.h>
#endif

namespace tessera::kernels::simd::TESSERA_SIMD_NAMESPACE {

#ifdef __SSE2__
template <class V>
TESSERA_ALWAYS_INLINE void store_past_caches(float* to, V values) {
  if constexpr (sizeof(V) == 64) {
    _mm512_stream_ps(to, values);
  } else if constexpr (sizeof(V) == 32) {
    _mm256_stream_ps(to, values);
  } else {
    _mm_stream_ps(to, values);
  }
}

inline void finish_streams() { _mm_sfence(); }
#else
template <class V>
TESSERA_ALWAYS_INLINE void store_past_caches(float* to, V values) {
  store<kLanes<float> >(to, values);
}

inline void finish_streams() {}
#endif

/// Whole cache lines of the destination are streamed, parts of lines at both ends are copied: a line that is streamed
/// in parts would be written to memory several times.
inline void stream_floats(Index count, const float* from, float* to) {
  constexpr Index kLine = 64 / sizeof(float);
  constexpr int kLong = kLanes<float>;
  const Index past_line = static_cast<Index>(reinterpret_cast<std::uintptr_t>(to) / sizeof(float)) % kLine;
  Index head = past_line == 0 ? 0 : kLine - past_line;
  if (head > count) head = count;
  __builtin_memcpy(to, from, static_cast<std::size_t>(head) * sizeof(float));
  Index i = head;
  for (; i + kLine <= count; i += kLine) {
#pragma GCC unroll 4
    for (Index v = 0; v < kLine; v += kLong) store_past_caches(to + i + v, load<kLong>(from + i + v));
  }
  __builtin_memcpy(to + i, from + i, static_cast<std::size_t>(count - i) * sizeof(float));
}

}  // namespace tessera::kernels::simd::TESSERA_SIMD_NAMESPACE
