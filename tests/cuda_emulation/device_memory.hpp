#pragma once

/// \file
/// Device memory, which only work on a stream may touch. Pages that nobody may touch lie on either side of each
/// allocation, and where the guard is on the host may not touch what is between them either.

#include <cstddef>

namespace tessera::emulation {

/// While one lives, work is done; what was opened for it is closed at the end of the outermost.
class WorkScope {
 public:
  WorkScope();
  ~WorkScope();
  WorkScope(const WorkScope&) = delete;
  WorkScope& operator=(const WorkScope&) = delete;
};

/// Makes all device memory accessible, each allocation as soon as it is touched, or as much of it as lies in `bytes`
/// from `begin`, until the scope ends.
void open_device_memory();
void open_device_memory(const void* begin, std::size_t bytes);

}  // namespace tessera::emulation
