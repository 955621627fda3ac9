#pragma once

/// \file
/// Cells between a chunk in memory and values of the library's types. Private to the io room.

#include "io/zarr_metadata.hpp"

namespace tessera::zarr {

/// Whether stored values of this type are read into T and written from it.
template <ZarrScalar T>
bool convertible(const ElementType& type);

/// Copies the cells `part` of the array, which lie in the chunk that begins at `start` and in `box`, from the chunk to
/// `values` of the box. An empty `cells` stands for a chunk of fill values.
template <ZarrScalar T>
void load_cells(const Metadata& metadata, std::span<const std::byte> cells, const Shape& start, const Box& part,
                const Box& box, T* values);
/// The opposite. ArgumentError when an integer does not fit.
template <ZarrScalar T>
void store_cells(const Metadata& metadata, std::span<std::byte> cells, const Shape& start, const Box& part,
                 const Box& box, const T* values);

}  // namespace tessera::zarr
