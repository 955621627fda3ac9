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
  /// One of `count` further readers of the same array, for a thread that reads other samples than the others do;
  /// nothing where threads would wait for each other, or want the same parts of the array.
  virtual std::unique_ptr<const ArrayReader> another(Index /*count*/) const { return nullptr; }
};

}  // namespace tessera
