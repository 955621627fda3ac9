#include "io/dataset_structure.hpp"

#include <algorithm>
#include <cmath>

#include "tessera/core/error.hpp"

namespace tessera {

const char* format_name(DatasetFormat format) noexcept {
  switch (format) {
    case DatasetFormat::zarr: return "Zarr v2";
    case DatasetFormat::described: return "HDF5 by description";
    default: return "HDF5";
  }
}

DatasetFormat format_of_name(const std::string& path) {
  const std::string_view name = std::string_view(path).substr(0, path.find_last_not_of('/') + 1);
  if (name.ends_with(".zarr")) return DatasetFormat::zarr;
  return name.ends_with(".toml") ? DatasetFormat::described : DatasetFormat::hdf5;
}

namespace dataset {

Shape with_samples(Index samples, const Shape& shape) {
  Shape whole{samples};
  whole.insert(whole.end(), shape.begin(), shape.end());
  return whole;
}

void require_layout(const std::string& operation, const std::string& path, const DatasetLayout& layout) {
  const std::string where = operation + " " + path + ": ";
  if (layout.sample_count < 0) {
    throw ArgumentError(where + "expected a number of samples, got " + std::to_string(layout.sample_count));
  }
  if (layout.input_shape.size() < 2 || layout.input_shape.size() != layout.output_shape.size()) {
    throw ShapeError(where + "expected shapes [channel, grid...] with as many axes each, got input " +
                     to_string(layout.input_shape) + " and output " + to_string(layout.output_shape));
  }
  const std::size_t axes = layout.output_shape.size() - 1;
  const auto check_count = [&](const char* name, std::size_t count) {
    if (count == 0 || count == axes) return;
    throw ArgumentError(where + "expected " + std::to_string(axes) + " entries of " + name +
                        ", one per grid axis, got " + std::to_string(count));
  };
  check_count(kAxisNames, layout.axis_names.size());
  check_count(kGridSpacing, layout.grid_spacing.size());
  check_count(kGridOrigin, layout.grid_origin.size());
  check_count(kAxisUnits, layout.axis_units.size());
}

void require_sample(const std::string& where, Index sample, Index count) {
  if (sample >= 0 && sample < count) return;
  throw ArgumentError(where + ": expected a sample of 0.." + std::to_string(count - 1) + ", got " +
                      std::to_string(sample));
}

template <class T>
void require_finite(const std::string& where, const Box& box, const T* values) {
  const Index count = box.volume();
  const T* found = std::find_if(values, values + count, [](T value) { return !std::isfinite(value); });
  if (found == values + count) return;
  Index rest = found - values;
  Shape at(box.start.size());
  for (std::size_t axis = at.size(); axis-- > 0; rest /= box.extent[axis]) {
    at[axis] = box.start[axis] + rest % box.extent[axis];
  }
  throw NumericError(where + ": expected finite numbers, found " + std::to_string(*found) + " at sample " +
                     std::to_string(at[0]) + ", channel " + std::to_string(at[1]) + ", cell " +
                     to_string(Shape(at.begin() + 2, at.end())));
}

template void require_finite(const std::string&, const Box&, const float*);
template void require_finite(const std::string&, const Box&, const double*);

const Shape& real_array_shape(const std::string& path, const char* name, const ArrayInfo& info) {
  const std::string where = "Dataset " + path + ":" + name + ": expected ";
  if (!info.scalar.starts_with("float")) throw IoError(where + "float32 or float64, found " + info.scalar);
  if (info.shape.size() < 3) {
    throw IoError(where + "at least 3 axes [sample, channel, grid...], found shape " + to_string(info.shape));
  }
  return info.shape;
}

DatasetLayout layout_of_arrays(const std::string& path, const Shape& input, const Shape& output) {
  if (input.size() != output.size() || input[0] != output[0]) {
    throw IoError("Dataset " + path + ": expected input and output of as many samples and axes, found shapes " +
                  to_string(input) + " and " + to_string(output));
  }
  return {input[0], Shape(input.begin() + 1, input.end()), Shape(output.begin() + 1, output.end())};
}

void require_entries(const std::string& path, const DatasetLayout& layout) {
  const std::size_t axes = layout.output_shape.size() - 1;
  const auto check_count = [&](const char* attribute, std::size_t found) {
    if (found == 0 || found == axes) return;
    throw IoError("Dataset " + path + ":@" + attribute + ": expected " + std::to_string(axes) +
                  " entries, one per grid axis, found " + std::to_string(found));
  };
  check_count(kAxisNames, layout.axis_names.size());
  check_count(kGridSpacing, layout.grid_spacing.size());
  check_count(kGridOrigin, layout.grid_origin.size());
  check_count(kAxisUnits, layout.axis_units.size());
}

}  // namespace dataset
}  // namespace tessera
