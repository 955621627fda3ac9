#pragma once

/// \file
/// Squared errors and their gradient over contiguous arrays. What takes a Stream works on device memory, see
/// kernels/elementwise.hpp.

#include "tessera/core/shape.hpp"
#include "tessera/core/stream.hpp"

namespace tessera::kernels {

/// result[0] = sum_i (prediction[i] - target[i])^2,   result[1] = sum_i target[i]^2; differences and sums in double.
template <class T>
void squared_errors(Index count, const T* prediction, const T* target, double* result);
template <class T>
void squared_errors(const Stream& stream, Index count, const T* prediction, const T* target, double* result);

/// out[i] = factor (prediction[i] - target[i]), rounded once; out may be one of the others.
template <class T>
void scaled_difference(Index count, double factor, const T* prediction, const T* target, T* out);
template <class T>
void scaled_difference(const Stream& stream, Index count, double factor, const T* prediction, const T* target, T* out);

}  // namespace tessera::kernels
