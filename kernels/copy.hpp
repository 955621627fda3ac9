#pragma once

/// \file
/// Copies and accumulations of strided boxes: the pack, unpack and accumulate steps of every data movement.

#include "tessera/core/shape.hpp"

namespace tessera::kernels {

/// destination[i] = source[i] for every multi-index i of `extent`; strides in elements, one per axis.
template <class T>
void copy_box(const Shape& extent, const T* source, const Shape& source_strides, T* destination,
              const Shape& destination_strides);

/// destination[i] += source[i] for every multi-index i of `extent`.
template <class T>
void add_box(const Shape& extent, const T* source, const Shape& source_strides, T* destination,
             const Shape& destination_strides);

/// Sets `count` contiguous elements to zero.
template <class T>
void set_zero(Index count, T* values);

}  // namespace tessera::kernels
