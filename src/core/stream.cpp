#include "tessera/core/stream.hpp"

#include "core/backends/device_backend.hpp"
#include "tessera/core/device.hpp"
#include "tessera/core/error.hpp"

namespace tessera {

Stream::Stream() {
  require_device("Stream");
  handle_ = detail::create_stream();
}

bool Stream::done() const { return detail::done(handle()); }

void Stream::synchronize() const { detail::synchronize(handle()); }

// A null handle would mean CUDA's default stream, and work on it would silently run in another order.
CUstream_st* Stream::handle() const { return shared_handle().get(); }

std::shared_ptr<CUstream_st> Stream::shared_handle() const {
  if (handle_ == nullptr) throw ArgumentError("Stream: expected a stream, found one that was moved from");
  return handle_;
}

}  // namespace tessera
