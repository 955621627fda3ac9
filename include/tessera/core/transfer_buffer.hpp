#pragma once

/// \file
/// Host memory in which values of a device stop on their way to or from other ranks.

#include "tessera/core/buffer.hpp"
#include "tessera/core/device.hpp"
#include "tessera/core/pinned_buffer.hpp"

namespace tessera {

/// Move-only array in the host's memory, contents unspecified: a PinnedBuffer where a CUDA device copies to or from it,
/// a Buffer otherwise. To be made once and reused.
template <class T>
class TransferBuffer {
 public:
  T* data() noexcept { return pinned_.size() > 0 ? pinned_.data() : plain_.data(); }

  /// Makes room for at least `size` elements that travel from or to `device`, which is the same in every call; contents
  /// are lost when it grows. Throws ArgumentError or CudaError when there is no such memory.
  void require(const Device& device, Index size) {
    if (!device.is_cuda()) {
      plain_.require(size);
    } else if (size > pinned_.size()) {
      pinned_ = PinnedBuffer<T>(size);
    }
  }

 private:
  Buffer<T> plain_;
  PinnedBuffer<T> pinned_;
};

}  // namespace tessera
