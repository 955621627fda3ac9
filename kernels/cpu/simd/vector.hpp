#pragma once

/// \file
/// Short vectors of T by the compiler's vector extension. Compiled once per level with TESSERA_SIMD_NAMESPACE (the
/// level's name) and TESSERA_SIMD_BYTES (its vector length) defined.

#include <cstddef>
#include <utility>

#include "kernels/cpu/simd/table.hpp"

#define TESSERA_ALWAYS_INLINE inline __attribute__((always_inline))

namespace tessera::kernels::simd::TESSERA_SIMD_NAMESPACE {

inline constexpr int kVectorBytes = TESSERA_SIMD_BYTES;

/// `Lanes` values of T in a register; `Unaligned` is the same in memory, at any address a T may have.
template <class T, int Lanes>
struct VectorOf;

template <int Lanes>
struct VectorOf<float, Lanes> {
  typedef float Type __attribute__((vector_size(Lanes * 4)));
  typedef float Unaligned __attribute__((vector_size(Lanes * 4), aligned(4), may_alias));
  typedef std::int32_t Integers __attribute__((vector_size(Lanes * 4)));
};

template <int Lanes>
struct VectorOf<double, Lanes> {
  typedef double Type __attribute__((vector_size(Lanes * 8)));
  typedef double Unaligned __attribute__((vector_size(Lanes * 8), aligned(8), may_alias));
  typedef std::int64_t Integers __attribute__((vector_size(Lanes * 8)));
};

template <class T, int Lanes>
using Vector = typename VectorOf<T, Lanes>::Type;

/// Lanes of a full register.
template <class T>
inline constexpr int kLanes = kVectorBytes / static_cast<int>(sizeof(T));

template <int Lanes, class T>
TESSERA_ALWAYS_INLINE Vector<T, Lanes> load(const T* from) {
  return *reinterpret_cast<const typename VectorOf<T, Lanes>::Unaligned*>(from);
}

template <int Lanes, class T>
TESSERA_ALWAYS_INLINE void store(T* to, Vector<T, Lanes> values) {
  *reinterpret_cast<typename VectorOf<T, Lanes>::Unaligned*>(to) = values;
}

/// The first `count` < Lanes values, the other lanes zero.
template <int Lanes, class T>
TESSERA_ALWAYS_INLINE Vector<T, Lanes> load_first(const T* from, Index count) {
  T values[Lanes] = {};
  for (Index i = 0; i < count; ++i) values[i] = from[i];
  return load<Lanes>(values);
}

template <int Lanes, class T>
TESSERA_ALWAYS_INLINE void store_first(T* to, Vector<T, Lanes> vector, Index count) {
  T values[Lanes];
  store<Lanes>(values, vector);
  for (Index i = 0; i < count; ++i) to[i] = values[i];
}

template <int Lanes, class T>
TESSERA_ALWAYS_INLINE Vector<T, Lanes> broadcast(T value) {
  return value - Vector<T, Lanes>{};
}

/// Sum of the lanes, halves added to halves: rounding grows with the logarithm of the lane count.
template <int Lanes, class T>
TESSERA_ALWAYS_INLINE T sum_lanes(Vector<T, Lanes> vector) {
  if constexpr (Lanes == 2) {
    return vector[0] + vector[1];
  } else {
    T values[Lanes];
    store<Lanes>(values, vector);
    return sum_lanes<Lanes / 2, T>(load<Lanes / 2>(values) + load<Lanes / 2>(values + Lanes / 2));
  }
}

/// Within every group of `Group` lanes: the group's halves added, a's sums first, then b's.
template <std::size_t Group, class V, std::size_t... Lane>
TESSERA_ALWAYS_INLINE V add_halves(V a, V b, std::index_sequence<Lane...>) {
  constexpr std::size_t kLanesOfV = sizeof...(Lane);
  constexpr std::size_t kHalf = Group / 2;
  return __builtin_shufflevector(a, b,
                                 (Lane / Group * Group + Lane % kHalf + (Lane % Group < kHalf ? 0 : kLanesOfV))...) +
         __builtin_shufflevector(
             a, b, (Lane / Group * Group + kHalf + Lane % kHalf + (Lane % Group < kHalf ? 0 : kLanesOfV))...);
}

/// sums[i] = the sum of vector i's lanes, for as many vectors as lanes: vectors are merged pairwise while they shrink,
/// a shuffle or two per vector instead of a tree for each. Overwrites the vectors.
template <int Lanes, std::size_t Group = Lanes, class V>
TESSERA_ALWAYS_INLINE V sum_lanes_of_each(V* vectors) {
  constexpr std::make_index_sequence<static_cast<std::size_t>(Lanes)> kEachLane{};
#pragma GCC unroll 16
  for (std::size_t i = 0; i < Group / 2; ++i) {
    vectors[i] = add_halves<Group>(vectors[i], vectors[i + Group / 2], kEachLane);
  }
  if constexpr (Group == 2) {
    return vectors[0];
  } else {
    return sum_lanes_of_each<Lanes, Group / 2>(vectors);
  }
}

}  // namespace tessera::kernels::simd::TESSERA_SIMD_NAMESPACE
