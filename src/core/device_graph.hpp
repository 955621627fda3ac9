#pragma once

/// \file
/// Work on a device that is started as a whole.

#include <exception>
#include <memory>

#include "tessera/core/stream.hpp"

/// What CUDA calls cudaGraphExec_t points to one of these.
struct CUgraphExec_st;

namespace tessera {

namespace detail {
void begin_recording(CUstream_st* stream);
/// What has been recorded since; the stream carries out work again.
std::shared_ptr<CUgraphExec_st> end_recording(CUstream_st* stream);
void launch(CUgraphExec_st* graph, CUstream_st* stream);
}  // namespace detail

/// Work that was put on a stream once, with all its arguments, and can be put on it again for the price of one kernel.
class DeviceGraph {
 public:
  /// What `body` puts on `stream` becomes the graph; nothing of it is carried out. It may allocate and free, but not
  /// wait for the device. Throws what body throws, and CudaError when CUDA refuses.
  template <class Body>
  static DeviceGraph record(const Stream& stream, Body&& body) {
    DeviceGraph graph;
    detail::begin_recording(stream.handle());
    try {
      body();
    } catch (...) {
      abandon(stream);
      throw;
    }
    graph.handle_ = detail::end_recording(stream.handle());
    return graph;
  }

  void launch(const Stream& stream) const { detail::launch(handle_.get(), stream.handle()); }

 private:
  /// The first failure is the one to be told.
  static void abandon(const Stream& stream) noexcept {
    try {
      detail::end_recording(stream.handle());
    } catch (const std::exception&) {
    }
  }

  std::shared_ptr<CUgraphExec_st> handle_;
};

}  // namespace tessera
