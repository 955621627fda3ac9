#pragma once

/// \file
/// Files made elsewhere as data sets: what a TOML file says of the arrays. Private to the io room.

#include <map>
#include <string>
#include <vector>

#include "tessera/core/shape.hpp"

namespace tessera::dataset {

/// The cells start, start + step, ... before stop.
struct IndexRange {
  Index start;
  Index stop;
  Index step;

  Index count() const { return (stop - start - 1) / step + 1; }
};

/// The input or the output, as one array or several of equal shape whose channels follow one another.
struct ArrayDescription {
  /// "input" or "output".
  std::string section;
  std::vector<std::string> arrays;
  /// Of each array in the file: some of "sample", "channel", "x", "y", "z", "t". Without "sample", the arrays' names
  /// hold a {sample}.
  std::vector<std::string> axes;
  /// By axis; axes that are not listed are used whole. "sample" goes by the numbered names where it is no axis.
  std::map<std::string, IndexRange> ranges;

  bool has_axis(const std::string& axis) const;
};

struct DatasetDescription {
  /// Of the TOML file, and its text.
  std::string path, text;
  /// Of the HDF5 file.
  std::string file;
  ArrayDescription input, output;
  /// The set's grid axes, in its order: those of x, y, z, t that are described.
  std::vector<std::string> grid_axes;
  std::vector<double> grid_spacing;
};

/// Whether a path names a description: it ends in ".toml".
bool is_description(const std::string& path);

/// IoError when the file cannot be read, ConfigError with line and key when it cannot be understood. Local.
DatasetDescription read_description(const std::string& path);

}  // namespace tessera::dataset
