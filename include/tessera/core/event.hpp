#pragma once

/// \file
/// A point in the work of a stream that the host can ask for.

#include <memory>

#include "tessera/core/stream.hpp"

/// What CUDA calls cudaEvent_t points to one of these.
struct CUevent_st;

namespace tessera {

/// Marks a place in a stream. Until it is recorded it counts as reached. Move-only.
class Event {
 public:
  /// Throws CudaError where no device is usable.
  Event();
  Event(Event&&) noexcept = default;
  Event& operator=(Event&&) noexcept = default;

  /// From now on this event means what has been put on `stream` so far. Throws CudaError when CUDA refuses.
  void record(const Stream& stream);

  /// Whether the work before the mark is done. Throws CudaError when any of it failed.
  bool done() const;

  /// Waits for it. Throws CudaError when any of it failed.
  void wait() const;

  /// What is put on `stream` from now on begins after the mark; the host does not wait. Throws CudaError when CUDA
  /// refuses.
  void hold(const Stream& stream) const;

 private:
  std::shared_ptr<CUevent_st> handle_;
};

}  // namespace tessera
