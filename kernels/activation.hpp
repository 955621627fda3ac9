#pragma once

/// \file
/// The exact Gaussian error linear unit, gelu(x) = x Phi(x) = x (1 + erf(x / sqrt 2)) / 2
/// (Hendrycks & Gimpel, arXiv 1606.08415). float: error below 2e-7 max(1, |x|), of the derivative
/// below 5e-7; double: std::erfc and std::exp. gelu(inf) = inf, gelu(-inf) = 0, NaN stays NaN.
/// With a Stream: on the device, see kernels/elementwise.hpp.

#include "kernels/prefetch.hpp"
#include "tessera/core/shape.hpp"
#include "tessera/core/stream.hpp"

namespace tessera::kernels {

/// y[i] = gelu(x[i]); y may be x.
template <class T>
void gelu(Index count, const T* x, T* y, Prefetch soon = {});
template <class T>
void gelu(const Stream& stream, Index count, const T* x, T* y);

/// y[i] = gelu(x[i]) and derivative[i] = gelu'(x[i]) for little more than the price of one; y may be x.
template <class T>
void gelu_with_derivative(Index count, const T* x, T* y, T* derivative, Prefetch soon = {});
template <class T>
void gelu_with_derivative(const Stream& stream, Index count, const T* x, T* y, T* derivative);

/// gx[i] = gelu'(x[i]) gy[i], gelu'(x) = Phi(x) + x phi(x); gx may be gy.
template <class T>
void gelu_backward(Index count, const T* x, const T* gy, T* gx);
/// x may be stored as BFloat16 where T is float.
template <class T, class Stored>
void gelu_backward(const Stream& stream, Index count, const Stored* x, const T* gy, T* gx);

/// The gradient of a small linear map after an activation with slopes s, y[o] = sum_j w[o, j] a(h[j]), with respect to
/// h:
///   gh[j, p] = s[j, p] sum_o w[o, j] gy[o, p]
/// written over the slopes; all contiguous, w [out, hidden], gy [out, count], s [hidden, count].
/// Unless null, sums[j] += sum_p gh[j, p].
template <class T>
void activated_gradient(Index hidden, Index out, Index count, const T* w, const T* gy, T* slopes, double* sums);

}  // namespace tessera::kernels
