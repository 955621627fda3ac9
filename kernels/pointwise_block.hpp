#pragma once

/// \file
/// The pointwise part of a Fourier neural operator's block on a device, with few passes over memory:
///   z = s + W v,   v' = gelu(z),
/// s the output of the block's spectral convolution. Values are [width, points], contiguous; W is [width, width].
/// On device memory, see kernels/elementwise.hpp.

#include "tessera/core/shape.hpp"
#include "tessera/core/stream.hpp"

namespace tessera::kernels {

/// z = s + W v and activated = gelu(z). z may be null (not wanted); z or activated may be s, no other arrays may
/// overlap.
template <class T>
void block_forward(const Stream& stream, Index width, Index points, const T* weight, const T* v, const T* s, T* z,
                   T* activated);

/// The gradient before the activation, and with it that of W:
///   gz[o, p] = gactivated[o, p] gelu'(z[o, p]),   gweight[o, i] += sum_p gz[o, p] v[i, p]
/// gz may be gactivated. The adjoint of the spectral convolution is to be applied to gz next.
template <class T>
void block_backward_activation(const Stream& stream, Index width, Index points, const T* z, const T* gactivated,
                               const T* v, T* gz, double* gweight);

/// gv = s + W^T gz, s what the adjoint of the spectral convolution has made of gz; gv may be s.
template <class T>
void block_backward_input(const Stream& stream, Index width, Index points, const T* weight, const T* gz, const T* s,
                          T* gv);

}  // namespace tessera::kernels
