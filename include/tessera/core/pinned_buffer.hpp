#pragma once

/// \file
/// Owning, uninitialised host memory that stays in place, so that a device copies from and to it beside other work.

#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

#include "tessera/core/byte_count.hpp"
#include "tessera/core/shape.hpp"

namespace tessera {

namespace detail {
/// Page-locked host memory; throws CudaError naming the size when it is refused or no device is usable. Null for zero
/// bytes.
void* allocate_pinned(std::size_t bytes);
void free_pinned(void* memory) noexcept;
}  // namespace detail

/// Move-only array of `size` elements in page-locked host memory, contents unspecified. Allocating takes long and makes
/// the device wait: to be made once and reused. Work that uses the buffer must be done before it is destroyed.
template <class T>
class PinnedBuffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  PinnedBuffer() = default;

  /// Throws ArgumentError when `size` is negative, CudaError when the memory is refused.
  explicit PinnedBuffer(Index size)
      : data_(static_cast<T*>(detail::allocate_pinned(detail::bytes_of(size, sizeof(T))))), size_(size) {}
  PinnedBuffer(PinnedBuffer&& other) noexcept : data_(std::move(other.data_)), size_(std::exchange(other.size_, 0)) {}
  PinnedBuffer& operator=(PinnedBuffer&& other) noexcept {
    data_ = std::move(other.data_);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }

  T* data() noexcept { return data_.get(); }
  const T* data() const noexcept { return data_.get(); }
  Index size() const noexcept { return size_; }

 private:
  struct Free {
    void operator()(T* memory) const noexcept { detail::free_pinned(memory); }
  };
  std::unique_ptr<T, Free> data_;
  Index size_ = 0;
};

}  // namespace tessera
