#pragma once

/// \file
/// Device memory, which only work on a stream may touch: it lies between pages that nobody may touch, and outside of
/// such work nobody may touch it either where the guard is on.

namespace tessera::emulation {

/// While one lives, device memory is accessible.
class DeviceMemoryAccess {
 public:
  DeviceMemoryAccess();
  ~DeviceMemoryAccess();
  DeviceMemoryAccess(const DeviceMemoryAccess&) = delete;
  DeviceMemoryAccess& operator=(const DeviceMemoryAccess&) = delete;
};

}  // namespace tessera::emulation
