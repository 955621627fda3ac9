#pragma once

/// \file
/// An array that is read in many pieces, wherever it is kept. Private to the io room.

#include "tessera/core/shape.hpp"

namespace tessera {

/// One array of real numbers, kept open by this process alone. One thread at a time.
class ArrayReader {
 public:
  virtual ~ArrayReader() = default;
  /// Reads a box of the array into contiguous memory. IoError when that fails or the array has no such box.
  virtual void read(const Box& box, float* values) const = 0;
  virtual void read(const Box& box, double* values) const = 0;
};

}  // namespace tessera
