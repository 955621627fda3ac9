#pragma once

/// \file
/// Sums of elementwise products of complex rows, in plain real arithmetic (no special treatment of infinities).

#include <cstddef>
#include <utility>

#include "kernels/cpu/simd/vector.hpp"

namespace tessera::kernels::simd::TESSERA_SIMD_NAMESPACE {

/// Permutations of interleaved complex numbers: (re, re), (im, im) and (im, re) of each.
template <class V, std::size_t... Lane>
TESSERA_ALWAYS_INLINE V repeat_real(V v, std::index_sequence<Lane...>) {
  return __builtin_shufflevector(v, v, (Lane & ~std::size_t{1})...);
}

template <class V, std::size_t... Lane>
TESSERA_ALWAYS_INLINE V repeat_imaginary(V v, std::index_sequence<Lane...>) {
  return __builtin_shufflevector(v, v, (Lane | 1)...);
}

template <class V, std::size_t... Lane>
TESSERA_ALWAYS_INLINE V swap_parts(V v, std::index_sequence<Lane...>) {
  return __builtin_shufflevector(v, v, (Lane ^ 1)...);
}

/// y = sum_t a_t b_t is (sum_t a_t Re b_t) + i (sum_t a_t Im b_t): the swap of parts is left to the end of the sum.
template <int Vectors, class T>
TESSERA_ALWAYS_INLINE void complex_tile(const ComplexSum<T>& s, Index first) {
  constexpr int kLong = kLanes<T>;
  using Values = Vector<T, kLong>;
  constexpr std::make_index_sequence<static_cast<std::size_t>(kLong)> kEachLane{};
  Values sign;
  for (int i = 0; i < kLong; ++i) sign[i] = ((i % 2 == 0) != s.conjugate_b) ? T(-1) : T(1);
  Values by_real[Vectors] = {}, by_imaginary[Vectors] = {};
  const T* a = s.a + 2 * first;
  const T* b = s.b + 2 * first;
  for (Index t = 0; t < s.terms; ++t, a += 2 * s.a_row, b += 2 * s.b_row) {
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) {
      const Values left = load<kLong>(a + v * kLong);
      const Values right = load<kLong>(b + v * kLong);
      by_real[v] += left * repeat_real(right, kEachLane);
      by_imaginary[v] += left * repeat_imaginary(right, kEachLane);
    }
  }
#pragma GCC unroll 4
  for (int v = 0; v < Vectors; ++v) {
    T* y = s.y + 2 * first + v * kLong;
    const Values sum = by_real[v] + sign * swap_parts(by_imaginary[v], kEachLane);
    store<kLong>(y, s.accumulate ? sum + load<kLong>(y) : sum);
  }
}

template <class T>
void complex_scalar(const ComplexSum<T>& s, Index j) {
  T real = s.accumulate ? s.y[2 * j] : T{0}, imaginary = s.accumulate ? s.y[2 * j + 1] : T{0};
  for (Index t = 0; t < s.terms; ++t) {
    const T* a = s.a + 2 * (t * s.a_row + j);
    const T* b = s.b + 2 * (t * s.b_row + j);
    const T b_imaginary = s.conjugate_b ? -b[1] : b[1];
    real += a[0] * b[0] - a[1] * b_imaginary;
    imaginary += a[0] * b_imaginary + a[1] * b[0];
  }
  s.y[2 * j] = real;
  s.y[2 * j + 1] = imaginary;
}

template <class T>
void sum_complex_products(const ComplexSum<T>& s) {
  constexpr Index kLong = kLanes<T> / 2;
  Index j = 0;
  for (; j + 4 * kLong <= s.count; j += 4 * kLong) complex_tile<4>(s, j);
  for (; j + kLong <= s.count; j += kLong) complex_tile<1>(s, j);
  if (j == s.count) return;
  if (s.count >= kLong && !s.accumulate) {
    // Recomputes a few elements, which is cheaper than a scalar tail.
    complex_tile<1>(s, s.count - kLong);
    return;
  }
  for (; j < s.count; ++j) complex_scalar(s, j);
}

}  // namespace tessera::kernels::simd::TESSERA_SIMD_NAMESPACE
