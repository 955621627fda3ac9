#pragma once

/// \file
/// How much device memory this process uses.

#include "tessera/core/shape.hpp"

namespace tessera {

/// Memory that the buffers of this process hold on one device. What CUDA itself and other processes take is not in it.
struct DeviceMemoryUse {
  Index bytes = 0;  ///< now
  Index peak = 0;   ///< most at a time, since the program started or the peak was last reset
};

/// Of the current device. Throws CudaError where none is usable.
DeviceMemoryUse device_memory_use();

/// Hands memory that was freed back to the current device and lowers the peak to what is held now. All work is to be
/// done by then. Throws CudaError where no device is usable.
void reset_device_memory_peak();

}  // namespace tessera
