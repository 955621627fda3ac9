#pragma once

/// \file
/// What is in the file of a data set, whatever its format. Private to the io room.

#include <string>

#include "tessera/io/array_info.hpp"
#include "tessera/io/dataset_layout.hpp"

namespace tessera::dataset {

inline constexpr const char* kInput = "input";
inline constexpr const char* kOutput = "output";
/// Of sets that are filled sample by sample: 1 where a sample is complete.
inline constexpr const char* kWritten = "written";
inline constexpr const char* kAxisNames = "axis_names";
inline constexpr const char* kGridSpacing = "grid_spacing";
inline constexpr const char* kGridOrigin = "grid_origin";
inline constexpr const char* kAxisUnits = "axis_units";
inline constexpr const char* kComplete = "complete";
inline constexpr const char* kProvenance = "provenance";

Shape with_samples(Index samples, const Shape& shape);

/// ArgumentError or ShapeError "<operation> <path>: ..." unless the layout is consistent.
void require_layout(const std::string& operation, const std::string& path, const DatasetLayout& layout);
void require_sample(const std::string& where, Index sample, Index count);
/// NumericError naming the cell of a box [sample, channel, grid...] that holds a NaN or an infinity.
template <class T>
void require_finite(const std::string& where, const Box& box, const T* values);

/// The shape of an array of real numbers [sample, channel, grid...]. IoError when it is something else.
const Shape& real_array_shape(const std::string& path, const char* name, const ArrayInfo& info);
/// The layout that the shapes of the two arrays say. IoError when they do not go together.
DatasetLayout layout_of_arrays(const std::string& path, const Shape& input, const Shape& output);
/// IoError unless each list that describes the grid axes is empty or has an entry for each of them.
void require_entries(const std::string& path, const DatasetLayout& layout);

/// File: Hdf5File or ZarrGroup.
template <class File>
bool read_complete(const File& file) {
  return !file.has_attribute(kComplete) || file.template read_attribute<Index>(kComplete) == 1;
}

template <class File>
DatasetLayout read_layout(const File& file) {
  const Shape input = real_array_shape(file.path(), kInput, file.describe(kInput));
  const Shape output = real_array_shape(file.path(), kOutput, file.describe(kOutput));
  DatasetLayout layout = layout_of_arrays(file.path(), input, output);
  const auto read_list = [&file]<class Entry>(const char* name, std::vector<Entry>& list) {
    if (file.has_attribute(name)) list = file.template read_attribute<std::vector<Entry>>(name);
  };
  read_list(kAxisNames, layout.axis_names);
  read_list(kGridSpacing, layout.grid_spacing);
  read_list(kGridOrigin, layout.grid_origin);
  read_list(kAxisUnits, layout.axis_units);
  require_entries(file.path(), layout);
  if (file.exists(kProvenance)) {
    for (const std::string& name : file.attribute_names(kProvenance)) {
      layout.provenance[name] = file.template read_attribute<std::string>(name, kProvenance);
    }
  }
  return layout;
}

/// Everything but the arrays, marked incomplete.
template <class File>
void write_attributes(File& file, const DatasetLayout& layout) {
  file.write_attribute(kComplete, Index{0});
  const auto write_list = [&file](const char* name, const auto& list) {
    if (!list.empty()) file.write_attribute(name, list);
  };
  write_list(kAxisNames, layout.axis_names);
  write_list(kGridSpacing, layout.grid_spacing);
  write_list(kGridOrigin, layout.grid_origin);
  write_list(kAxisUnits, layout.axis_units);
  if (!layout.provenance.empty()) file.create_group(kProvenance);
  for (const auto& [name, text] : layout.provenance) file.write_attribute(name, text, kProvenance);
}

}  // namespace tessera::dataset
