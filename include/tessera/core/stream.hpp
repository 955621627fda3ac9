#pragma once

/// \file
/// Order of work on a device.

#include <memory>

/// What CUDA calls cudaStream_t points to one of these.
struct CUstream_st;

namespace tessera {

/// A queue of work on the device that was current when it was made. What is put on one stream runs in that order;
/// streams run beside each other and beside the host. Move-only; the queue itself lives until the last buffer that was
/// allocated on it is freed.
class Stream {
 public:
  /// Throws CudaError where no device is usable.
  Stream();
  Stream(Stream&&) noexcept = default;
  Stream& operator=(Stream&&) noexcept = default;

  /// Whether everything put on the stream so far is done. Throws CudaError when any of it failed.
  bool done() const;

  /// Waits for everything put on the stream so far. Throws CudaError when any of it failed.
  void synchronize() const;

  /// The cudaStream_t. Throws ArgumentError when the stream was moved from.
  CUstream_st* handle() const;

  /// The same, shared: for owners of what must be released in the order of this stream.
  std::shared_ptr<CUstream_st> shared_handle() const;

 private:
  std::shared_ptr<CUstream_st> handle_;
};

}  // namespace tessera
