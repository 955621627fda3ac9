#pragma once

/// \file
/// Owning, uninitialised memory of a device, allocated and freed in the order of a stream.

#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

#include "tessera/core/byte_count.hpp"
#include "tessera/core/shape.hpp"
#include "tessera/core/stream.hpp"

namespace tessera {

namespace detail {
/// 256-byte aligned device memory from the pool; throws CudaError naming the size when the device refuses. Null for
/// zero bytes.
void* allocate_device(CUstream_st* stream, std::size_t bytes);
void free_device(CUstream_st* stream, void* memory) noexcept;
}  // namespace detail

/// Move-only array of `size` elements in device memory, contents unspecified. It may be used on its stream at once, and
/// destroyed while work of that stream still uses it: its memory is reused only after that work. A second stream must
/// be synchronised with the first one before it uses the buffer, and be done with it before the buffer is destroyed.
template <class T>
class DeviceBuffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  DeviceBuffer() = default;

  /// Throws ArgumentError when `size` is negative, CudaError when the device has no such memory.
  DeviceBuffer(const Stream& stream, Index size)
      : data_(static_cast<T*>(detail::allocate_device(stream.handle(), detail::bytes_of(size, sizeof(T)))),
              Free{stream.shared_handle()}),
        size_(size) {}
  DeviceBuffer(DeviceBuffer&& other) noexcept : data_(std::move(other.data_)), size_(std::exchange(other.size_, 0)) {}
  DeviceBuffer& operator=(DeviceBuffer&& other) noexcept {
    data_ = std::move(other.data_);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }

  /// Device address: not to be followed on the host.
  T* data() noexcept { return data_.get(); }
  const T* data() const noexcept { return data_.get(); }
  Index size() const noexcept { return size_; }

 private:
  struct Free {
    std::shared_ptr<CUstream_st> stream;
    void operator()(T* memory) const noexcept { detail::free_device(stream.get(), memory); }
  };
  std::unique_ptr<T, Free> data_;
  Index size_ = 0;
};

}  // namespace tessera
