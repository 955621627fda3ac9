#pragma once

/// \file
/// Copies and accumulations of strided boxes: the pack, unpack and accumulate steps of every data movement.
/// With a Stream: on the device, see kernels/elementwise.hpp.

#include "kernels/arithmetic/bfloat16.hpp"
#include "tessera/core/shape.hpp"
#include "tessera/core/stream.hpp"

namespace tessera::kernels {

/// destination[i] = source[i] for every multi-index i of `extent`; strides in elements, one per axis.
template <class T>
void copy_box(const Shape& extent, const T* source, const Shape& source_strides, T* destination,
              const Shape& destination_strides);

/// On a device the elements of the destination must be distinct. Throws ShapeError when more than 8 axes are left after
/// merging those that are contiguous on both sides.
template <class T>
void copy_box(const Stream& stream, const Shape& extent, const T* source, const Shape& source_strides, T* destination,
              const Shape& destination_strides);

/// The same by stores that go past the caches where the processor has them: for destinations so large that nothing of
/// them would be found in a cache again. Their lines are not read first, and what the caches hold stays there. Stores
/// after the call are seen by other processes after those of the call. Runs must be contiguous on both sides to gain.
template <class T>
void stream_box(const Shape& extent, const T* source, const Shape& source_strides, T* destination,
                const Shape& destination_strides);

/// destination[i] = source[i] for `count` contiguous elements, from float to BFloat16 or back, on a device.
template <class From, class To>
void copy_converted(const Stream& stream, Index count, const From* source, To* destination);

/// destination[i] += source[i] for every multi-index i of `extent`.
template <class T>
void add_box(const Shape& extent, const T* source, const Shape& source_strides, T* destination,
             const Shape& destination_strides);

/// On a device the elements of the destination must be distinct but for axes of stride 0, along which is summed in
/// order. Throws as copy_box.
template <class T>
void add_box(const Stream& stream, const Shape& extent, const T* source, const Shape& source_strides, T* destination,
             const Shape& destination_strides);

/// Sets `count` contiguous elements to zero.
template <class T>
void set_zero(Index count, T* values);
template <class T>
void set_zero(const Stream& stream, Index count, T* values);

}  // namespace tessera::kernels
