#pragma once

/// \file
/// The object ".zarray" of the Zarr storage specification, version 2. Private to the io room.
///
/// Source: https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html

#include <array>

#include "io/json_document.hpp"
#include "tessera/core/scalar.hpp"
#include "tessera/io/zarr_array.hpp"

namespace tessera::zarr {

/// numpy's type of a stored value: '<f4' is {'f', 4, false}.
struct ElementType {
  char kind = 'f';  ///< f: real, c: complex, i: integer, u: unsigned integer, b: truth value
  Index bytes = 4;
  bool big_endian = false;

  friend bool operator==(const ElementType&, const ElementType&) = default;
};

/// numpy's name: "float32", "complex64", "int64", "uint8", "bool".
std::string type_name(const ElementType& type);
/// The type of that name, little-endian. ArgumentError for an unknown one.
ElementType type_of_name(const std::string& name, const Place& place);

/// What ".zarray" says. Chunks have the shape `chunk` everywhere; those at the end of an axis hold unused cells.
struct Metadata {
  Shape shape, chunk;
  ElementType type;
  ZarrCompressor compressor;
  bool column_major = false;
  char separator = '.';
  /// One element in the machine's byte order; zeros where "fill_value" is null.
  std::array<std::byte, 2 * sizeof(double)> fill = {};

  Index chunk_bytes() const { return volume(chunk) * type.bytes; }
  /// Number of chunks along each axis.
  Shape chunk_grid() const;
  /// Strides of the cells of a chunk, in elements.
  Shape chunk_strides() const;
  /// Where chunk `at` lies in the array; the unused cells at its end are not counted.
  Box chunk_box(const Shape& at) const;
  /// "0.1.2", or "0" for an array without axes.
  std::string chunk_name(const Shape& at) const;
};

/// Largest chunk: what blosc can hold.
inline constexpr Index kMostChunkBytes = (Index{1} << 31) - 1 - 16;

/// What is at `prefix` ("" or "name/") of a store instead of ".zarray" or ".zgroup", for messages.
std::string found_instead(const ObjectStore& store, const std::string& prefix, const char* expected);

/// IoError for what the specification or this library does not know, and for sizes that overflow.
Metadata parse_metadata(const Json& json, const Place& place);
Json to_json(const Metadata& metadata);
/// Of a new array. ShapeError or ArgumentError when the layout is inconsistent.
Metadata make_metadata(const ZarrLayout& layout, const Place& place);

}  // namespace tessera::zarr
