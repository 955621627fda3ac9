#include "tessera/core/device.hpp"

#include "core/backends/device_backend.hpp"
#include "tessera/core/error.hpp"

namespace tessera {

void require_device(const std::string& operation) {
  const std::string reason = why_no_device();
  if (!reason.empty()) throw CudaError(operation + ": no CUDA device is usable: " + reason);
}

int select_device(int local_rank) {
  if (local_rank < 0) {
    throw ArgumentError("select_device: expected a local rank of at least 0, got " + std::to_string(local_rank));
  }
  require_device("select_device");
  const int device = local_rank % device_count();
  detail::use_device(device);
  return device;
}

Device Device::cuda(int local_rank) {
  select_device(local_rank);
  Device device;
  device.stream_ = std::make_shared<const Stream>();
  return device;
}

const Stream& Device::stream() const {
  if (stream_ == nullptr) throw ArgumentError("Device::stream: the CPU has none");
  return *stream_;
}

void Device::synchronize() const {
  if (stream_ != nullptr) stream_->synchronize();
}

std::string to_string(const Device& device) { return device.is_cuda() ? "cuda" : "cpu"; }

}  // namespace tessera
