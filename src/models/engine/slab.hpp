#pragma once

/// \file
/// Some neighbouring planes of a field in memory.

#include "models/engine/tiling.hpp"
#include "tessera/core/buffer.hpp"
#include "tessera/tensor/field.hpp"

namespace tessera::engine {

/// All channels of one sample over the planes [first, first + count) of a rank's part of the grid, read from or written
/// to a field at once; tiles [channel][t][z] are taken out of it or put into it.
template <RealScalar T>
class Slab {
 public:
  /// `part`: the rank's box of the output tensor [batch, channel, grid...]. `steps`: extent of a field whose last axis
  /// is not the grid's (an input that is lifted in time): every tile then sees all of it; 0 for others.
  Slab(const Tiling& tiling, const Box& part, Index channels, Index steps)
      : tiling_(tiling), part_(part), channels_(channels), steps_(steps) {}

  /// Chooses the planes of sample `sample` (counted within the rank's part).
  void select(Index sample, Index first, Index count);

  void read(const FieldReader<T>& field) { field.read(box_, values_.data()); }
  void write(FieldWriter<T>& field) const { field.write(box_, values_.data()); }
  void set_zero();

  void get(const Tiling::Tile& tile, T* values) const;
  void put(const Tiling::Tile& tile, const T* values);
  void add(const Tiling::Tile& tile, const T* values);

 private:
  template <class Visit>
  void for_each_value(const Tiling::Tile& tile, Visit&& visit) const;

  const Tiling& tiling_;
  Box part_;
  Index channels_, steps_;
  Index first_ = 0, planes_ = 0;
  Range z_{}, t_{};
  Box box_;
  Buffer<T> values_;
};

}  // namespace tessera::engine
