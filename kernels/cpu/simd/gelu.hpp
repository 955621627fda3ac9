#pragma once

/// \file
/// Loops over gelu and its derivative for float.

#include <type_traits>

#include "kernels/cpu/simd/gelu_exponential.hpp"
#include "kernels/cpu/simd/gelu_table.hpp"

namespace tessera::kernels::simd::TESSERA_SIMD_NAMESPACE {

/// A table of 32 entries is two registers of 512 bits; shorter ones would need many.
using GeluMethod = std::conditional_t<kVectorBytes == 64, GeluByTable<16>, GeluByExponential>;

/// whole(offset) for every whole vector, then rest(offset, values) for what is left.
template <class Whole, class Rest>
TESSERA_ALWAYS_INLINE void for_each_vector(Index count, Whole whole, Rest rest) {
  constexpr int kLong = kLanes<float>;
  Index i = 0;
  for (; i + kLong <= count; i += kLong) whole(i);
  if (i < count) rest(i, count - i);
}

/// Asks for the lines of two arrays; where there are none, for lines that are there.
class Soon {
 public:
  Soon(Prefetch arrays, const float* at_hand)
      : first_(static_cast<const float*>(arrays.first ? arrays.first : at_hand)),
        second_(static_cast<const float*>(arrays.second ? arrays.second : at_hand)) {}

  TESSERA_ALWAYS_INLINE void fetch(Index i) const {
    __builtin_prefetch(first_ + i, 0, 2);
    __builtin_prefetch(second_ + i, 0, 2);
  }

 private:
  const float *first_, *second_;
};

inline void gelu(Index count, const float* x, float* y, Prefetch arrays) {
  constexpr int kLong = kLanes<float>;
  const GeluMethod method;
  const Soon soon(arrays, x);
  for_each_vector(
      count,
      [&](Index i) {
        soon.fetch(i);
        store<kLong>(y + i, method.at(load<kLong>(x + i)).value);
      },
      [&](Index i, Index rest) { store_first<kLong>(y + i, method.at(load_first<kLong>(x + i, rest)).value, rest); });
}

inline void gelu_with_derivative(Index count, const float* x, float* y, float* derivative, Prefetch arrays) {
  constexpr int kLong = kLanes<float>;
  const GeluMethod method;
  const Soon soon(arrays, x);
  for_each_vector(
      count,
      [&](Index i) {
        soon.fetch(i);
        const Gelu gelu = method.at(load<kLong>(x + i));
        store<kLong>(y + i, gelu.value);
        store<kLong>(derivative + i, gelu.derivative);
      },
      [&](Index i, Index rest) {
        const Gelu gelu = method.at(load_first<kLong>(x + i, rest));
        store_first<kLong>(y + i, gelu.value, rest);
        store_first<kLong>(derivative + i, gelu.derivative, rest);
      });
}

inline void gelu_backward(Index count, const float* x, const float* gy, float* gx) {
  constexpr int kLong = kLanes<float>;
  const GeluMethod method;
  for_each_vector(
      count, [&](Index i) { store<kLong>(gx + i, method.at(load<kLong>(x + i)).derivative * load<kLong>(gy + i)); },
      [&](Index i, Index rest) {
        const Floats derivative = method.at(load_first<kLong>(x + i, rest)).derivative;
        store_first<kLong>(gx + i, derivative * load_first<kLong>(gy + i, rest), rest);
      });
}

}  // namespace tessera::kernels::simd::TESSERA_SIMD_NAMESPACE
