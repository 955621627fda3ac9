#pragma once

/// \file
/// Owning, uninitialised memory where a rank computes.

#include <algorithm>
#include <utility>

#include "tessera/core/buffer.hpp"
#include "tessera/core/device.hpp"
#include "tessera/core/device_buffer.hpp"
#include "tessera/core/device_copy.hpp"

namespace tessera {

/// Move-only array of `size` elements on a device, contents unspecified: a Buffer on the CPU, a DeviceBuffer in the
/// order of the device's stream on CUDA.
template <class T>
class Storage {
 public:
  Storage() = default;

  /// Throws ArgumentError or CudaError when there is no such memory.
  Storage(Device device, Index size) : device_(std::move(device)), size_(size) {
    if (device_.is_cuda()) {
      on_cuda_ = DeviceBuffer<T>(device_.stream(), size);
    } else {
      on_cpu_ = Buffer<T>(size);
    }
  }
  Storage(Storage&& other) noexcept
      : device_(std::move(other.device_)),
        size_(std::exchange(other.size_, 0)),
        on_cpu_(std::move(other.on_cpu_)),
        on_cuda_(std::move(other.on_cuda_)) {}
  Storage& operator=(Storage&& other) noexcept {
    device_ = std::move(other.device_);
    size_ = std::exchange(other.size_, 0);
    on_cpu_ = std::move(other.on_cpu_);
    on_cuda_ = std::move(other.on_cuda_);
    return *this;
  }

  const Device& device() const noexcept { return device_; }
  Index size() const noexcept { return size_; }
  /// An address on the device: on CUDA not to be followed on the host.
  T* data() noexcept { return device_.is_cuda() ? on_cuda_.data() : on_cpu_.data(); }
  const T* data() const noexcept { return device_.is_cuda() ? on_cuda_.data() : on_cpu_.data(); }

  /// Makes room for at least `size` elements; contents are lost when it grows.
  void require(Index size) {
    if (size > size_) *this = Storage(device_, size);
  }

 private:
  Device device_;
  Index size_ = 0;
  Buffer<T> on_cpu_;
  DeviceBuffer<T> on_cuda_;
};

/// destination[i] = source[i] for i < count, where each side is in the host's memory or in that of `device`. Done when
/// it returns. Throws CudaError when CUDA refuses.
template <class T>
void copy_values(const Device& device, Index count, const T* source, T* destination) {
  if (device.is_cuda()) {
    copy_async(device.stream(), count, source, destination);
    device.synchronize();
  } else {
    std::copy_n(source, count, destination);
  }
}

}  // namespace tessera
