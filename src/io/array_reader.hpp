#pragma once

/// \file
/// An array that is read in many pieces, wherever it is kept. Private to the io room.

#include <memory>

#include "tessera/core/shape.hpp"

namespace tessera {

/// One array of real numbers, kept open by this process alone. One thread at a time.
class ArrayReader {
 public:
  virtual ~ArrayReader() = default;
  /// Reads a box of the array into contiguous memory. IoError when that fails or the array has no such box.
  virtual void read(const Box& box, float* values) const = 0;
  virtual void read(const Box& box, double* values) const = 0;
  /// Another reader of the same array for another thread, where a box like this one is read without a part that
  /// other boxes need, too, and threads do not wait for each other; nothing elsewhere.
  virtual std::unique_ptr<const ArrayReader> another(const Box&) const { return nullptr; }
};

}  // namespace tessera
