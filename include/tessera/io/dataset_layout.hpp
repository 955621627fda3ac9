#pragma once

/// \file
/// What a data set holds, and how it is stored.

#include <map>
#include <string>
#include <vector>

#include "tessera/core/shape.hpp"
#include "tessera/io/zarr_compressor.hpp"

namespace tessera {

/// What a data set holds; shapes are without the sample axis.
struct DatasetLayout {
  Index sample_count = 0;
  Shape input_shape;
  Shape output_shape;
  /// Of the output's grid axes, for example {"x", "y", "z", "t"}; empty where unknown.
  std::vector<std::string> axis_names = {};
  /// Distance between neighbouring cells along each grid axis, in the problem's units; empty where unknown.
  std::vector<double> grid_spacing = {};
  /// Free text: generator, version, parameters, seed.
  std::map<std::string, std::string> provenance = {};
  /// Coordinate of the middle of the first cell along each grid axis; empty where unknown.
  std::vector<double> grid_origin = {};
  /// Units of the coordinates along each grid axis, for example {"m", "m", "m", "days"}; empty where unknown.
  std::vector<std::string> axis_units = {};

  friend bool operator==(const DatasetLayout&, const DatasetLayout&) = default;
};

/// Described: arrays of an HDF5 file made elsewhere, as a TOML file describes them; such sets are only read.
enum class DatasetFormat { hdf5, zarr, described };

/// "HDF5", "Zarr v2", "HDF5 by description"
const char* format_name(DatasetFormat format) noexcept;

/// The format that a data set's name asks for: Zarr where it ends in ".zarr", a description where it ends in ".toml",
/// otherwise HDF5.
DatasetFormat format_of_name(const std::string& path);

/// How the arrays of a Zarr data set are stored. A chunk holds cells of one sample, so that samples are written side by
/// side.
struct ChunkStorage {
  /// [channel, grid...]; empty: chosen, see choose_chunk.
  Shape input_chunk = {};
  Shape output_chunk = {};
  ZarrCompressor compressor = {};

  friend bool operator==(const ChunkStorage&, const ChunkStorage&) = default;
};

}  // namespace tessera
