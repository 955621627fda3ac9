#pragma once

/// \file
/// Copies between host and device memory in the order of a stream.

#include <cstddef>
#include <type_traits>

#include "tessera/core/byte_count.hpp"
#include "tessera/core/shape.hpp"
#include "tessera/core/stream.hpp"

namespace tessera {

namespace detail {
/// Either side may be host or device memory.
void copy_bytes(CUstream_st* stream, std::size_t bytes, const void* source, void* destination);
}  // namespace detail

/// destination[i] = source[i] for i < count, from host to device, from device to host or within a device. Returns at
/// once where host memory is pinned: it must then stay as it is until the stream is synchronised. Other host memory is
/// correct, but the call may wait. Throws ArgumentError when `count` is negative, CudaError when CUDA refuses.
template <class T>
void copy_async(const Stream& stream, Index count, const T* source, T* destination) {
  static_assert(std::is_trivially_copyable_v<T>);
  detail::copy_bytes(stream.handle(), detail::bytes_of(count, sizeof(T)), source, destination);
}

}  // namespace tessera
