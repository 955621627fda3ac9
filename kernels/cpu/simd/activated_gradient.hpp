#pragma once

/// \file
/// The gradient of a small linear map after an activation, with its sums over points, in one pass.

#include "kernels/cpu/simd/vector.hpp"

namespace tessera::kernels::simd::TESSERA_SIMD_NAMESPACE {

/// sum_o w[o * w_row] gy[o * count + (lanes)]
template <int Lanes, class T, class Load>
TESSERA_ALWAYS_INLINE Vector<T, Lanes> combined(Index out, Index count, const T* w, Index w_row, const T* gy,
                                                Load load_row) {
  Vector<T, Lanes> sum = w[0] * load_row(gy);
  for (Index o = 1; o < out; ++o) sum += w[o * w_row] * load_row(gy + o * count);
  return sum;
}

template <class T>
void activated_gradient(Index hidden, Index out, Index count, const T* w, const T* gy, T* slopes, double* sums) {
  constexpr int kLong = kLanes<T>;
  const Index whole = count / kLong * kLong;
  for (Index j = 0; j < hidden; ++j) {
    T* row = slopes + j * count;
    Vector<T, kLong> sum = {};
    for (Index p = 0; p < whole; p += kLong) {
      const auto value = load<kLong>(row + p) * combined<kLong>(out, count, w + j, hidden, gy + p,
                                                                [](const T* from) { return load<kLong>(from); });
      store<kLong>(row + p, value);
      sum += value;
    }
    if (whole < count) {
      const Index rest = count - whole;
      const auto value = load_first<kLong>(row + whole, rest) *
                         combined<kLong>(out, count, w + j, hidden, gy + whole,
                                         [=](const T* from) { return load_first<kLong>(from, rest); });
      store_first<kLong>(row + whole, value, rest);
      sum += value;
    }
    if (sums) sums[j] += static_cast<double>(sum_lanes<kLong, T>(sum));
  }
}

}  // namespace tessera::kernels::simd::TESSERA_SIMD_NAMESPACE
