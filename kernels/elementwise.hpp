#pragma once

/// \file
/// Elementwise updates and reductions over contiguous arrays. Sums are accumulated in double.
///
/// What takes a Stream works on device memory, in a build with CUDA: it is put on the stream and the call returns;
/// arguments in memory must stay until the stream has come past it. It throws CudaError when the work cannot be
/// started, or when CUDA reports a failure of earlier work. Results do not depend on the device or on scheduling.

#include <complex>
#include <cstdint>

#include "kernels/arithmetic/adam.hpp"
#include "tessera/core/scalar.hpp"
#include "tessera/core/shape.hpp"
#include "tessera/core/stream.hpp"

namespace tessera::kernels {

/// y[i] += a x[i]
template <class T>
void axpy(Index count, RealPart<T> a, const T* x, T* y);
template <class T>
void axpy(const Stream& stream, Index count, RealPart<T> a, const T* x, T* y);

/// x[i] *= a
template <class T>
void scale(Index count, RealPart<T> a, T* x);
template <class T>
void scale(const Stream& stream, Index count, RealPart<T> a, T* x);

/// x[row, i] *= a[row] for a contiguous x [rows, count], a rounded to the type of x. Real types. On a device also `a`
/// is in device memory.
template <class T>
void scale_rows(Index rows, Index count, const double* a, T* x);
template <class T>
void scale_rows(const Stream& stream, Index rows, Index count, const double* a, T* x);

/// x[i] = a x[i] + b. Real types.
template <class T>
void affine(Index count, T a, T b, T* x);
template <class T>
void affine(const Stream& stream, Index count, T a, T b, T* x);

/// y[i] *= x[i]. Real types.
template <class T>
void multiply_elements(Index count, const T* x, T* y);
template <class T>
void multiply_elements(const Stream& stream, Index count, const T* x, T* y);

/// sum_i x[i]. Real types. On a device the sum goes to `result` in device memory.
template <class T>
double sum(Index count, const T* x);
template <class T>
void sum(const Stream& stream, Index count, const T* x, double* result);

/// Re sum_i conj(a[i]) b[i]. On a device the sum goes to `result` in device memory.
template <class T>
double real_dot(Index count, const T* a, const T* b);
template <class T>
void real_dot(const Stream& stream, Index count, const T* a, const T* b, double* result);

/// m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) |g|^2;  w -= rate (m / c1) / (sqrt(v / c2) + epsilon) +
/// decay. Complex weights share one second moment of |g|^2 per element.
template <class T>
void adam_update(Index count, const AdamStep& step, const T* gradient, T* weight, T* first_moment,
                 RealPart<T>* second_moment);
template <class T>
void adam_update(const Stream& stream, Index count, const AdamStep& step, const T* gradient, T* weight, T* first_moment,
                 RealPart<T>* second_moment);

/// True when every element is finite. On a device `result` in device memory becomes 1 or 0.
template <class T>
bool all_finite(Index count, const T* values);
template <class T>
void all_finite(const Stream& stream, Index count, const T* values, std::int32_t* result);

}  // namespace tessera::kernels
