#include "io/zarr_metadata.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "io/zarr_fill_value.hpp"
#include "tessera/core/error.hpp"

namespace tessera::zarr {

namespace {

using Kind = ZarrCompressor::Kind;
using Shuffle = ZarrCompressor::Shuffle;

constexpr std::size_t kMostAxes = 32;  // numpy's
constexpr Index kFormat = 2;

struct KnownType {
  const char* code;
  const char* name;
  ElementType type;
};
constexpr KnownType kTypes[] = {{"f4", "float32", {'f', 4}},   {"f8", "float64", {'f', 8}},
                                {"c8", "complex64", {'c', 8}}, {"c16", "complex128", {'c', 16}},
                                {"i4", "int32", {'i', 4}},     {"i8", "int64", {'i', 8}},
                                {"u1", "uint8", {'u', 1}},     {"b1", "bool", {'b', 1}}};

const KnownType& known(const ElementType& type) {
  return *std::find_if(std::begin(kTypes), std::end(kTypes), [&](const KnownType& candidate) {
    return candidate.type.kind == type.kind && candidate.type.bytes == type.bytes;
  });
}

ElementType parse_type(const Json& json, const Place& place) {
  const std::string text = json.is_string() ? json.get<std::string>() : "";
  for (const KnownType& candidate : kTypes) {
    if (text.size() < 2 || text.substr(1) != candidate.code) continue;
    ElementType type = candidate.type;
    type.big_endian = text[0] == '>';
    if (text[0] == '<' || text[0] == '>' || (text[0] == '|' && type.bytes == 1)) return type;
  }
  fail(place, "dtype to be one of f4, f8, c8, c16, i4, i8 after < or >, or |u1, |b1", brief(json));
}

Shape parse_extents(const Json& json, const char* name, Index least, const Place& place) {
  const Json& list = member(json, name, place);
  if (!list.is_array() || list.size() > kMostAxes) {
    fail(place, std::string(name) + " to be a list of at most " + std::to_string(kMostAxes) + " integers", brief(list));
  }
  Shape extents;
  for (const Json& entry : list) {
    extents.push_back(integer(entry, std::string("every entry of ") + name, place));
    if (extents.back() < least) {
      fail(place, std::string("every entry of ") + name + " to be at least " + std::to_string(least), brief(entry));
    }
  }
  return extents;
}

/// Throws a `Failure` unless extents go together and every size is below 2^63, and those of chunks below 2^31.
template <class Refuse>
void check_sizes(const Metadata& metadata, Refuse&& refuse) {
  if (metadata.shape.size() != metadata.chunk.size()) {
    refuse("as many entries of chunks as of shape " + to_string(metadata.shape), to_string(metadata.chunk));
  }
  const auto bytes_of = [&](const Shape& extents) {
    Index product = metadata.type.bytes;
    const bool overflow = std::any_of(extents.begin(), extents.end(), [&](Index extent) {
      return __builtin_mul_overflow(product, std::max<Index>(extent, 1), &product);
    });
    return overflow ? Index{-1} : product;
  };
  if (bytes_of(metadata.shape) < 0) refuse("an array of fewer than 2^63 bytes", "shape " + to_string(metadata.shape));
  const Index chunk_bytes = bytes_of(metadata.chunk);
  if (chunk_bytes < 0 || chunk_bytes > kMostChunkBytes) {
    refuse("chunks of at most " + std::to_string(kMostChunkBytes) + " bytes", "chunks " + to_string(metadata.chunk));
  }
}

ZarrCompressor parse_compressor_json(const Json& json, const Place& place) {
  ZarrCompressor result;
  result.kind = Kind::none;
  if (json.is_null()) return result;
  if (!json.is_object()) fail(place, "compressor to be an object or null", brief(json));
  const Json& name = member(json, "id", place);
  const auto number = [&](const char* key, Index missing) {
    const auto found = json.find(key);
    const Index value = found == json.end() || found->is_null() ? missing : integer(*found, key, place);
    constexpr Index kMost = Index{1} << 30;
    if (value < -kMost || value > kMost) fail(place, std::string(key) + " of a compressor", brief(*found));
    return static_cast<int>(value);
  };
  if (name == "blosc") {
    result.kind = Kind::blosc;
    result.level = number("clevel", 5);
    const Json& inner = member(json, "cname", place);
    if (!inner.is_string()) fail(place, "cname to be text", brief(inner));
    result.inner = inner.get<std::string>();
    const int shuffle = number("shuffle", 1);
    constexpr int kAutomatic = -1;  // numcodecs: bits of single bytes, bytes of others
    if (shuffle < kAutomatic || shuffle > 2) fail(place, "shuffle to be -1, 0, 1 or 2", std::to_string(shuffle));
    result.shuffle = shuffle == 0 ? Shuffle::none : shuffle == 2 ? Shuffle::bits : Shuffle::bytes;
    result.block_bytes = number("blocksize", 0);
  } else if (name == "zstd") {
    result.kind = Kind::zstd;
    result.level = number("level", 1);
  } else if (name == "zlib" || name == "gzip") {
    result.kind = name == "zlib" ? Kind::zlib : Kind::gzip;
    result.level = number("level", 1);
  } else {
    fail(place, "compressor blosc, zstd, zlib, gzip or null", brief(name));
  }
  return result;
}

Json compressor_to_json(const ZarrCompressor& compressor) {
  const auto simple = [&](const char* id) { return Json{{"id", id}, {"level", compressor.level}}; };
  switch (compressor.kind) {
    case Kind::none: return nullptr;
    case Kind::zstd: return simple("zstd");
    case Kind::zlib: return simple("zlib");
    case Kind::gzip: return simple("gzip");
    case Kind::blosc: break;
  }
  const int shuffle = compressor.shuffle == Shuffle::none ? 0 : compressor.shuffle == Shuffle::bytes ? 1 : 2;
  return Json{{"id", "blosc"},
              {"cname", compressor.inner},
              {"clevel", compressor.level},
              {"shuffle", shuffle},
              {"blocksize", compressor.block_bytes}};
}

}  // namespace

std::string type_name(const ElementType& type) { return known(type).name; }

ElementType type_of_name(const std::string& name, const Place& place) {
  for (const KnownType& candidate : kTypes) {
    if (name == candidate.name) return candidate.type;
  }
  throw ArgumentError(to_string(place) + ": expected a type such as float32, got '" + name + "'");
}

Shape Metadata::chunk_grid() const {
  Shape grid(shape.size());
  for (std::size_t axis = 0; axis < grid.size(); ++axis) {
    grid[axis] = shape[axis] / chunk[axis] + (shape[axis] % chunk[axis] != 0 ? 1 : 0);
  }
  return grid;
}

Shape Metadata::chunk_strides() const {
  if (!column_major) return row_major_strides(chunk);
  Shape strides(chunk.size(), 1);
  for (std::size_t axis = 1; axis < strides.size(); ++axis) strides[axis] = strides[axis - 1] * chunk[axis - 1];
  return strides;
}

Box Metadata::chunk_box(const Shape& at) const {
  Box box{at, chunk};
  for (std::size_t axis = 0; axis < at.size(); ++axis) {
    box.start[axis] *= chunk[axis];
    box.extent[axis] = std::min(chunk[axis], shape[axis] - box.start[axis]);
  }
  return box;
}

std::string Metadata::chunk_name(const Shape& at) const {
  if (at.empty()) return "0";
  std::string name;
  for (const Index index : at)
    name += (name.empty() ? std::string() : std::string(1, separator)) + std::to_string(index);
  return name;
}

std::string found_instead(const ObjectStore& store, const std::string& prefix, const char* expected) {
  constexpr const char* kVersion3 = "zarr.json";
  if (store.exists(prefix + kVersion3)) return fmt::format("one of version 3 ({}), which is not read", kVersion3);
  return fmt::format("no {}", expected);
}

Metadata parse_metadata(const Json& json, const Place& place) {
  const Index format = integer(member(json, "zarr_format", place), "zarr_format", place);
  if (format != kFormat) fail(place, "zarr_format 2", std::to_string(format));
  Metadata metadata;
  metadata.shape = parse_extents(json, "shape", 0, place);
  metadata.chunk = parse_extents(json, "chunks", 1, place);
  metadata.type = parse_type(member(json, "dtype", place), place);
  check_sizes(metadata, [&](const std::string& expected, const std::string& found) { fail(place, expected, found); });
  metadata.compressor = parse_compressor_json(member(json, "compressor", place), place);
  metadata.fill = parse_fill_value(member(json, "fill_value", place), metadata.type, place);
  const Json& order = member(json, "order", place);
  if (order != "C" && order != "F") fail(place, "order \"C\" or \"F\"", brief(order));
  metadata.column_major = order == "F";
  if (const auto filters = json.find("filters");
      filters != json.end() && !filters->is_null() && !(filters->is_array() && filters->empty())) {
    fail(place, "no filters", brief(*filters));
  }
  if (const auto separator = json.find("dimension_separator"); separator != json.end() && !separator->is_null()) {
    if (*separator != "." && *separator != "/") fail(place, "dimension_separator \".\" or \"/\"", brief(*separator));
    metadata.separator = separator->get<std::string>()[0];
  }
  return metadata;
}

Json to_json(const Metadata& metadata) {
  const char order = metadata.type.bytes == 1 ? '|' : metadata.type.big_endian ? '>' : '<';
  return Json{{"chunks", metadata.chunk},
              {"compressor", compressor_to_json(metadata.compressor)},
              {"dimension_separator", std::string(1, metadata.separator)},
              {"dtype", order + std::string(known(metadata.type).code)},
              {"fill_value", fill_value_to_json(metadata.fill, metadata.type)},
              {"filters", nullptr},
              {"order", metadata.column_major ? "F" : "C"},
              {"shape", metadata.shape},
              {"zarr_format", kFormat}};
}

Metadata make_metadata(const ZarrLayout& layout, const Place& place) {
  Metadata metadata;
  metadata.shape = layout.shape;
  metadata.chunk = layout.chunk;
  metadata.type = type_of_name(layout.scalar, place);
  metadata.compressor = layout.compressor;
  metadata.separator = layout.nested ? '/' : '.';
  const auto refuse = [&](const std::string& expected, const std::string& found) {
    throw ShapeError(to_string(place) + ": expected " + expected + ", got " + found);
  };
  const auto below = [](const Shape& extents, Index least) {
    return std::any_of(extents.begin(), extents.end(), [least](Index extent) { return extent < least; });
  };
  if (layout.shape.size() > kMostAxes)
    refuse("at most " + std::to_string(kMostAxes) + " axes", to_string(layout.shape));
  if (below(layout.shape, 0)) refuse("extents of at least 0", to_string(layout.shape));
  if (below(layout.chunk, 1)) refuse("chunks of at least one cell on each axis", to_string(layout.chunk));
  check_sizes(metadata, refuse);
  return metadata;
}

}  // namespace tessera::zarr
