#pragma once

/// \file
/// Owning, aligned, uninitialised storage.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace tessera {

namespace detail {
/// 64-byte aligned bytes; throws ArgumentError naming the size when the machine refuses. Null for zero bytes.
void* allocate_aligned(std::size_t bytes);
void free_aligned(void* memory) noexcept;
}  // namespace detail

/// Move-only array of `size` elements, 64-byte aligned (one AVX-512 vector, one cache line), contents unspecified.
template <class T>
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::int64_t size)
      : data_(static_cast<T*>(detail::allocate_aligned(static_cast<std::size_t>(size) * sizeof(T)))), size_(size) {}
  Buffer(Buffer&& other) noexcept : data_(std::move(other.data_)), size_(std::exchange(other.size_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    data_ = std::move(other.data_);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }

  T* data() noexcept { return data_.get(); }
  const T* data() const noexcept { return data_.get(); }
  std::int64_t size() const noexcept { return size_; }

  /// Makes room for at least `size` elements; contents are lost when it grows.
  void require(std::int64_t size) {
    if (size > size_) *this = Buffer(size);
  }

 private:
  struct Free {
    void operator()(T* memory) const noexcept { detail::free_aligned(memory); }
  };
  std::unique_ptr<T, Free> data_;
  std::int64_t size_ = 0;
};

}  // namespace tessera
