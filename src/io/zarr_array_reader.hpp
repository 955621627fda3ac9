#pragma once

/// \file
/// A Zarr array that is read in many pieces. Private to the io room.

#include <map>

#include "io/array_reader.hpp"
#include "tessera/io/zarr_array.hpp"

namespace tessera {

/// What a chunk means that is not there.
enum class Holes { fill_values, errors };

/// Keeps the chunks of the last box in memory, up to 64 MiB of them: who reads an array plane by plane decompresses
/// each chunk once.
class ZarrArrayReader final : public ArrayReader {
 public:
  ZarrArrayReader(ZarrArray array, Holes holes) : array_(std::move(array)), holes_(holes) {}

  void read(const Box& box, float* values) const override { read_chunks(box, values); }
  void read(const Box& box, double* values) const override { read_chunks(box, values); }
  /// For boxes of whole chunks.
  std::unique_ptr<const ArrayReader> another(const Box& box) const override;

 private:
  template <RealScalar T>
  void read_chunks(const Box& box, T* values) const;

  ZarrArray array_;
  Holes holes_;
  mutable std::map<Shape, ZarrArray::DecodedChunk> recent_;
};

}  // namespace tessera
