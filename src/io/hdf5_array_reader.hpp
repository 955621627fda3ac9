#pragma once

/// \file
/// An array of an HDF5 file that is read in many pieces. Private to the io room.

#include "io/array_reader.hpp"
#include "io/hdf5_types.hpp"

namespace tessera::hdf5 {

/// Evenly spaced cells of an array, one entry per axis: cell i of the part is cell start + step i of the array.
struct ArrayPart {
  Shape start, step, extent;
};

/// One array of real numbers, kept open by this process alone, so that reading a small box costs little more than its
/// bytes.
class Hdf5ArrayReader final : public ArrayReader {
 public:
  /// IoError when the file or the array cannot be opened.
  Hdf5ArrayReader(const std::string& path, const std::string& name);
  /// A part of the array, by whose cells boxes are then counted. IoError, too, when the array has no such part.
  Hdf5ArrayReader(const std::string& path, const std::string& name, ArrayPart part);
  ~Hdf5ArrayReader() override;
  Hdf5ArrayReader(const Hdf5ArrayReader&) = delete;
  Hdf5ArrayReader& operator=(const Hdf5ArrayReader&) = delete;

  void read(const Box& box, float* values) const override { read_pieces(box, values); }
  void read(const Box& box, double* values) const override { read_pieces(box, values); }

 private:
  template <RealScalar T>
  void read_pieces(const Box& box, T* values) const;
  template <RealScalar T>
  void read_piece(const Box& piece, T* values) const;

  Place place_;
  ArrayPart part_;
  Handle file_, array_, space_, access_;
};

}  // namespace tessera::hdf5
