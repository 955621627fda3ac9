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

  friend bool operator==(const DatasetLayout&, const DatasetLayout&) = default;
};

enum class DatasetFormat { hdf5, zarr };

/// "HDF5", "Zarr v2"
const char* format_name(DatasetFormat format) noexcept;

/// The format of a data set to be written: Zarr for a name that ends in ".zarr", HDF5 for others.
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
