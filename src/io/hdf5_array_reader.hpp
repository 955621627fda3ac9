#pragma once

/// \file
/// An array that is read in many pieces. Private to the io room.

#include "io/hdf5_types.hpp"

namespace tessera::hdf5 {

/// One array of real numbers, kept open by this process alone, so that reading a small box costs little more than its
/// bytes. One thread at a time.
class ArrayReader {
 public:
  /// IoError when the file or the array cannot be opened.
  ArrayReader(const std::string& path, const std::string& name);
  ~ArrayReader();
  ArrayReader(const ArrayReader&) = delete;
  ArrayReader& operator=(const ArrayReader&) = delete;

  /// Reads a box of the array into contiguous memory. IoError when that fails or the array has no such box.
  template <RealScalar T>
  void read(const Box& box, T* values) const;

 private:
  template <RealScalar T>
  void read_piece(const Box& piece, T* values) const;

  Place place_;
  Shape shape_;
  Handle file_, array_, space_, access_;
};

}  // namespace tessera::hdf5
