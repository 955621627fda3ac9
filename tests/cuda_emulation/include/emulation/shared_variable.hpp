#pragma once

/// \file
/// Shared memory of a fixed size: a static variable that holds 0xff in every byte when a block comes to it first.

#include <cstddef>

namespace tessera::emulation {

/// Stands before one `__shared__` variable.
class SharedVariable {
 public:
  void begin();

  /// Tells the one that has begun last where its variable lies.
  static void bind(void* address, std::size_t bytes);

 private:
  void poison();

  void* address_ = nullptr;
  std::size_t bytes_ = 0;
  unsigned long long block_ = 0;  ///< number of the block it was poisoned for
};

}  // namespace tessera::emulation
