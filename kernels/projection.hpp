#pragma once

/// \file
/// The projection of a Fourier neural operator on a device, with few passes over memory:
///   y = W2 gelu(W1 v + b1) + b2
/// with v [width, points], y [out, points], W1 [hidden, width], W2 [out, hidden], all contiguous. The hidden values are
/// never in memory. On device memory, see kernels/elementwise.hpp.

#include "kernels/arithmetic/host_device.hpp"
#include "tessera/core/shape.hpp"
#include "tessera/core/stream.hpp"

namespace tessera::kernels {

inline constexpr Index kMostProjectedWidth = 64;
inline constexpr Index kMostProjectedOutputs = 64;

template <class T>
struct Projection {
  Index width, hidden, out;
  const T *weight1, *bias1, *weight2, *bias2;
};

/// Numbers in the gradients of all four weights.
template <class T>
TESSERA_HOST_DEVICE inline Index projection_weights(const Projection<T>& projection) {
  return projection.hidden * (projection.width + 1) + projection.out * (projection.hidden + 1);
}

/// y from v. Throws ShapeError when width or out is above kMostProjectedWidth or kMostProjectedOutputs, CudaError where
/// the device has too little shared memory for a block: up to 67 KB for float and 131 KB for double, of which less for
/// smaller widths, and 64 numbers more for every output where there are gradients.
template <class T>
void project(const Stream& stream, const Projection<T>& projection, Index points, const T* v, T* y);

/// The gradients for dL/dy = gy [out, points]:
///   gv [width, points] = W1^T gh,   gh[j, p] = gelu'(h[j, p]) sum_o W2[o, j] gy[o, p],   h = W1 v + b1
///   gweights [W1 | b1 | W2 | b2] += sum_p gh v,   sum_p gh,   sum_p gy gelu(h),   sum_p gy
/// gv may be v; no other arrays may overlap. The sums are in double. Throws as `project`.
template <class T>
void project_backward(const Stream& stream, const Projection<T>& projection, Index points, const T* v, const T* gy,
                      T* gv, double* gweights);

/// The same for gy = factor e, e = y - target [out, points], and
///   loss[0] += sum e^2,   loss[1] += sum target^2
/// `factor` is one number in device memory, or null for 1: all that is computed is then to be multiplied by the factor
/// afterwards, when it is known.
template <class T>
void project_with_loss(const Stream& stream, const Projection<T>& projection, Index points, const T* v, const T* target,
                       T* gv, double* gweights, double* loss, const double* factor = nullptr);

}  // namespace tessera::kernels
