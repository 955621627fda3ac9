#include "kernels/loss.hpp"

#include <algorithm>

#include "kernels/cpu/simd/active.hpp"

namespace tessera::kernels {

namespace {

/// Elements gone through at a time: the target is read twice, the second time from a cache.
constexpr Index kPiece = 2048;

}  // namespace

template <class T>
void squared_errors(Index count, const T* prediction, const T* target, double* result) {
  const simd::Functions<T>& loops = simd::loops<T>();
  double error = 0.0;
  double norm = 0.0;
  for (Index i = 0; i < count; i += kPiece) {
    const Index piece = std::min(kPiece, count - i);
    error += loops.squared_distance(piece, prediction + i, target + i);
    norm += loops.dot(piece, target + i, target + i);
  }
  result[0] = error;
  result[1] = norm;
}

template <class T>
void scaled_difference(Index count, double factor, const T* prediction, const T* target, T* out) {
  simd::loops<T>().scaled_difference(count, factor, prediction, target, out);
}

#define TESSERA_INSTANTIATE(T)                                         \
  template void squared_errors<T>(Index, const T*, const T*, double*); \
  template void scaled_difference<T>(Index, double, const T*, const T*, T*);

TESSERA_INSTANTIATE(float)
TESSERA_INSTANTIATE(double)

}  // namespace tessera::kernels
