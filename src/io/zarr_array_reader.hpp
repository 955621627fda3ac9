#pragma once

/// \file
/// A Zarr array that is read in many pieces. Private to the io room.

#include <map>

#include "io/array_reader.hpp"
#include "tessera/io/zarr_array.hpp"

namespace tessera {

/// What a chunk means that is not there.
enum class Holes { fill_values, errors };

/// Keeps the chunks of the last box in memory, up to `kept_bytes` of them: who reads an array plane by plane
/// decompresses each chunk once.
class ZarrArrayReader final : public ArrayReader {
 public:
  static constexpr Index kKeptBytes = Index{64} << 20;

  ZarrArrayReader(ZarrArray array, Holes holes, Index kept_bytes = kKeptBytes)
      : array_(std::move(array)), holes_(holes), kept_bytes_(kept_bytes) {}

  void read(const Box& box, float* values) const override { read_chunks(box, values); }
  void read(const Box& box, double* values) const override { read_chunks(box, values); }
  /// Where a chunk belongs to one sample; together they keep as much.
  std::unique_ptr<const ArrayReader> another(Index count) const override {
    if (array_.chunk().front() != 1) return nullptr;
    return std::make_unique<const ZarrArrayReader>(array_, holes_, kept_bytes_ / count);
  }

 private:
  template <RealScalar T>
  void read_chunks(const Box& box, T* values) const;

  ZarrArray array_;
  Holes holes_;
  Index kept_bytes_;
  mutable std::map<Shape, ZarrArray::DecodedChunk> recent_;
};

}  // namespace tessera
