#pragma once

/// \file
/// Arrays of an HDF5 file, with axes in any order, as one array [sample, channel, grid...]. Private to the io room.

#include <memory>
#include <optional>

#include "io/array_reader.hpp"
#include "io/hdf5_array_reader.hpp"
#include "io/sample_pattern.hpp"

namespace tessera::dataset {

/// Where the cells are:
///   a[s, c, g...] = file[arrays[c div n]](cell s, c mod n, g... in the order of the array's axes),  n = array_channels
/// With sample numbers, array names are patterns, and sample s is in the arrays of its number.
struct ArrayMap {
  std::string file;
  std::vector<std::string> arrays;
  std::vector<Index> sample_numbers;
  /// Of each array, along its axes.
  hdf5::ArrayPart part;
  /// For each axis of the file's arrays the axis of [sample, channel, grid...]; others have extent 1.
  std::vector<std::size_t> axes;
  Index array_channels;
  /// [sample, channel, grid...]
  Shape shape;
};

/// Reads no other cells than those of the box, in pieces that are put in order in memory.
class MappedArrayReader final : public ArrayReader {
 public:
  /// IoError when an array cannot be opened.
  explicit MappedArrayReader(ArrayMap map);

  void read(const Box& box, float* values) const override { read_box(box, values); }
  void read(const Box& box, double* values) const override { read_box(box, values); }

 private:
  template <RealScalar T>
  void read_box(const Box& box, T* values) const;
  template <RealScalar T>
  void read_array(const hdf5::Hdf5ArrayReader& array, const Box& box, const Shape& strides, T* values) const;
  /// The arrays that hold a sample; those of numbered samples stay open until another sample is asked for.
  const std::vector<std::unique_ptr<hdf5::Hdf5ArrayReader>>& arrays_of(Index sample) const;

  ArrayMap map_;
  mutable std::vector<std::unique_ptr<hdf5::Hdf5ArrayReader>> open_;
  mutable std::optional<Index> open_sample_;
};

}  // namespace tessera::dataset
