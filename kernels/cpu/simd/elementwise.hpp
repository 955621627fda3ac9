#pragma once

/// \file
/// Updates and reductions over contiguous arrays. Plain loops are left to the compiler; sums, whose order it may not
/// change, are written with vectors.

#include "kernels/cpu/simd/vector.hpp"

namespace tessera::kernels::simd::TESSERA_SIMD_NAMESPACE {

inline constexpr int kDoubleLanes = kLanes<double>;
using Doubles = Vector<double, kDoubleLanes>;

template <class T>
void axpy(Index count, T a, const T* x, T* y) {
  for (Index i = 0; i < count; ++i) y[i] += a * x[i];
}

template <class T>
void scale(Index count, T a, T* x) {
  for (Index i = 0; i < count; ++i) x[i] *= a;
}

template <class T>
void affine(Index count, T a, T b, T* x) {
  for (Index i = 0; i < count; ++i) x[i] = a * x[i] + b;
}

template <class T>
void multiply_elements(Index count, const T* x, T* y) {
  for (Index i = 0; i < count; ++i) y[i] *= x[i];
}

template <class T>
TESSERA_ALWAYS_INLINE Doubles load_doubles(const T* from) {
  return __builtin_convertvector(load<kDoubleLanes>(from), Doubles);
}

/// Sum of term(i) over vectors plus the scalar rest.
template <class VectorTerm, class ScalarTerm>
TESSERA_ALWAYS_INLINE double reduce(Index count, VectorTerm vector_term, ScalarTerm scalar_term) {
  constexpr Index kStep = 4 * kDoubleLanes;
  Doubles sums[4] = {};
  Index i = 0;
  for (; i + kStep <= count; i += kStep) {
#pragma GCC unroll 4
    for (int v = 0; v < 4; ++v) sums[v] += vector_term(i + v * kDoubleLanes);
  }
  double total = sum_lanes<kDoubleLanes, double>((sums[0] + sums[1]) + (sums[2] + sums[3]));
  for (; i < count; ++i) total += scalar_term(i);
  return total;
}

template <class T>
double dot(Index count, const T* a, const T* b) {
  return reduce(
      count, [=](Index i) { return load_doubles(a + i) * load_doubles(b + i); },
      [=](Index i) { return static_cast<double>(a[i]) * static_cast<double>(b[i]); });
}

template <class T>
double squared_distance(Index count, const T* a, const T* b) {
  const auto vector_term = [=](Index i) {
    const Doubles difference = load_doubles(a + i) - load_doubles(b + i);
    return difference * difference;
  };
  const auto scalar_term = [=](Index i) {
    const double difference = static_cast<double>(a[i]) - static_cast<double>(b[i]);
    return difference * difference;
  };
  return reduce(count, vector_term, scalar_term);
}

template <class T>
void scaled_difference(Index count, double factor, const T* a, const T* b, T* out) {
  for (Index i = 0; i < count; ++i) {
    out[i] = static_cast<T>(factor * (static_cast<double>(a[i]) - static_cast<double>(b[i])));
  }
}

template <class T>
double sum(Index count, const T* x) {
  return reduce(
      count, [=](Index i) { return load_doubles(x + i); }, [=](Index i) { return static_cast<double>(x[i]); });
}

/// x - x is zero where x is finite and NaN elsewhere.
template <class T>
bool all_finite(Index count, const T* x) {
  constexpr int kLong = kLanes<T>;
  Vector<T, kLong> differences = {};
  Index i = 0;
  for (; i + kLong <= count; i += kLong) {
    const Vector<T, kLong> values = load<kLong>(x + i);
    differences += values - values;
  }
  T difference = sum_lanes<kLong, T>(differences);
  for (; i < count; ++i) difference += x[i] - x[i];
  return difference == T(0);
}

TESSERA_ALWAYS_INLINE float square_root(float x) { return __builtin_sqrtf(x); }
TESSERA_ALWAYS_INLINE double square_root(double x) { return __builtin_sqrt(x); }

template <class T>
void adam_real(Index count, const AdamConstants<T>& given, const T* __restrict gradient, T* __restrict weight,
               T* __restrict first, T* __restrict second) {
  const AdamConstants<T> c = given;
  for (Index i = 0; i < count; ++i) {
    const T g = c.gradient_scale * gradient[i];
    first[i] = c.beta1 * first[i] + c.one_minus_beta1 * g;
    second[i] = c.beta2 * second[i] + c.one_minus_beta2 * g * g;
    const T root = square_root(second[i] * c.inverse_correction2) + c.epsilon;
    weight[i] = c.decay * weight[i] - c.rate * first[i] / root;
  }
}

template <class T>
void adam_complex(Index count, const AdamConstants<T>& given, const T* __restrict gradient, T* __restrict weight,
                  T* __restrict first, T* __restrict second) {
  const AdamConstants<T> c = given;
  for (Index i = 0; i < count; ++i) {
    const T real = c.gradient_scale * gradient[2 * i];
    const T imaginary = c.gradient_scale * gradient[2 * i + 1];
    first[2 * i] = c.beta1 * first[2 * i] + c.one_minus_beta1 * real;
    first[2 * i + 1] = c.beta1 * first[2 * i + 1] + c.one_minus_beta1 * imaginary;
    second[i] = c.beta2 * second[i] + c.one_minus_beta2 * (real * real + imaginary * imaginary);
    const T factor = c.rate / (square_root(second[i] * c.inverse_correction2) + c.epsilon);
    weight[2 * i] = c.decay * weight[2 * i] - factor * first[2 * i];
    weight[2 * i + 1] = c.decay * weight[2 * i + 1] - factor * first[2 * i + 1];
  }
}

}  // namespace tessera::kernels::simd::TESSERA_SIMD_NAMESPACE
