#pragma once

/// \file
/// The pointwise part of a Fourier neural operator's block on a device, with few passes over memory:
///   z = s + W v,   v' = gelu(z),
/// s the output of the block's spectral convolution. Values are [width, points], contiguous; W is [width, width].
/// What stays in memory for the backward pass, z and v, may be of another type than what is computed with: `Input` and
/// `Stored` are T or, where T is float, BFloat16. If z is all that is stored, the next block takes v = gelu(z) from it
/// as it reads: z is then written once and read once in each direction.
/// On device memory, see kernels/elementwise.hpp. Instantiated for (T, Input, Stored) = (T, T, T),
/// (float, float, BFloat16) and (float, BFloat16, BFloat16).

#include "kernels/arithmetic/bfloat16.hpp"
#include "kernels/product_precision.hpp"
#include "tessera/core/shape.hpp"
#include "tessera/core/stream.hpp"

namespace tessera::kernels {

/// Where a block's input is: v = values, or v = gelu(values), made where it is read.
template <class Input>
struct BlockInput {
  const Input* values;
  bool activate = false;
};

/// Up to this width a block's input may be overwritten.
inline constexpr Index kMostInPlaceWidth = 64;

/// z = s + W v and activated = gelu(z), where gelu is of z before it is rounded to `Stored`. Either may be null (not
/// wanted) and either may be s, or, in the same type, the values of v where width is at most kMostInPlaceWidth; no
/// other arrays may overlap.
template <class T, class Input, class Stored>
void block_forward(const Stream& stream, Index width, Index points, const T* weight, const BlockInput<Input>& v,
                   const T* s, Stored* z, T* activated, Products products = Products::float32);

/// The gradient of W:  gweight[o, i] += sum_p gz[o, p] v[i, p].
template <class T, class Input>
void block_weight_gradient(const Stream& stream, Index width, Index points, const T* gz, const BlockInput<Input>& v,
                           double* gweight);

/// gv = s + W^T gz, s what the adjoint of the spectral convolution has made of gz; gv may be s.
template <class T>
void block_backward_input(const Stream& stream, Index width, Index points, const T* weight, const T* gz, const T* s,
                          T* gv, Products products = Products::float32);

/// The same and the activation before it: gelu'(z)(s + W^T gz), z and the result being those of the block before. The
/// result may be s, or, in the same type, z, and gz where width is at most kMostInPlaceWidth.
template <class T, class Stored>
void block_backward_input(const Stream& stream, Index width, Index points, const T* weight, const T* gz, const T* s,
                          const Stored* z, T* gz_before, Products products = Products::float32);

}  // namespace tessera::kernels
