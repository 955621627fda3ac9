#include "io/described_dataset.hpp"

#include <algorithm>

#include "io/dataset_structure.hpp"
#include "io/mapped_array_reader.hpp"
#include "tessera/core/error.hpp"
#include "tessera/io/hdf5_file.hpp"

namespace tessera::dataset {

namespace {

/// Looks up one of the two described arrays in the file.
class ArrayMapper {
 public:
  ArrayMapper(const DatasetDescription& description, const ArrayDescription& array, const Hdf5File& file)
      : description_(description), array_(array), file_(file) {}

  ArrayMap map() const;
  /// IoError unless all arrays of all samples are there, with the shape that the first one has.
  void require_equal_arrays(const ArrayMap& map) const;

 private:
  [[noreturn]] void fail(const std::string& key, const std::string& expected, const std::string& found) const {
    throw IoError("Dataset " + description_.path + ": " + (key == "samples" ? "" : array_.section + ".") + key +
                  ": expected " + expected + ", found " + found + " in " + description_.file);
  }

  std::vector<Index> sample_numbers() const;
  ArrayInfo describe(const std::string& name) const;
  hdf5::ArrayPart part_of(const std::string& name, const Shape& shape) const;
  /// The described range of an axis of so many cells, or all of them.
  IndexRange range_of(const std::string& axis, Index cells) const;

  const DatasetDescription& description_;
  const ArrayDescription& array_;
  const Hdf5File& file_;
};

IndexRange ArrayMapper::range_of(const std::string& axis, Index cells) const {
  const auto found = array_.ranges.find(axis);
  const IndexRange range = found == array_.ranges.end() ? IndexRange{0, cells, 1} : found->second;
  if (range.stop > cells) {
    fail(axis == "sample" ? "samples" : axis, "a range within 0.." + std::to_string(cells),
         "[" + std::to_string(range.start) + ", " + std::to_string(range.stop) + "] with " + std::to_string(cells) +
             (axis == "sample" ? " samples" : " cells"));
  }
  return range;
}

std::vector<Index> ArrayMapper::sample_numbers() const {
  const std::optional<SamplePattern> pattern = find_sample_pattern(array_.arrays.front());
  if (!pattern) return {};
  std::vector<std::string> children;
  if (file_.exists(pattern->group())) children = file_.children(pattern->group());
  const std::vector<Index> all = pattern->numbers(children);
  if (all.empty()) fail("array", "samples named '" + array_.arrays.front() + "'", "none");
  const IndexRange range = range_of("sample", std::ssize(all));
  std::vector<Index> numbers;
  for (Index i = range.start; i < range.stop; i += range.step) numbers.push_back(all[static_cast<std::size_t>(i)]);
  return numbers;
}

ArrayInfo ArrayMapper::describe(const std::string& name) const {
  ArrayInfo info;
  try {
    info = file_.describe(name);
  } catch (const IoError& error) {
    throw IoError("Dataset " + description_.path + ": " + array_.section + ".array: " + error.what());
  }
  if (!info.scalar.starts_with("float")) fail("array", "float32 or float64", info.scalar + " in '" + name + "'");
  if (info.shape.size() != array_.axes.size()) {
    fail("axes", "as many axes as array '" + name + "' has",
         std::to_string(array_.axes.size()) + " listed and shape " + to_string(info.shape));
  }
  return info;
}

hdf5::ArrayPart ArrayMapper::part_of(const std::string& name, const Shape& shape) const {
  hdf5::ArrayPart part;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    const IndexRange range = range_of(array_.axes[axis], shape[axis]);
    if (range.stop == 0) fail("array", "cells in array '" + name + "'", "shape " + to_string(shape));
    part.start.push_back(range.start);
    part.step.push_back(range.step);
    part.extent.push_back(range.count());
  }
  return part;
}

ArrayMap ArrayMapper::map() const {
  ArrayMap map{description_.file, array_.arrays, sample_numbers(), {}, {}, 1, {1, 1}};
  std::string first = array_.arrays.front();
  if (!map.sample_numbers.empty()) first = find_sample_pattern(first)->name(map.sample_numbers.front());
  map.part = part_of(first, describe(first).shape);
  map.shape.resize(2 + description_.grid_axes.size(), 1);
  std::vector<std::string> names{"sample", "channel"};
  names.insert(names.end(), description_.grid_axes.begin(), description_.grid_axes.end());
  for (std::size_t axis = 0; axis < array_.axes.size(); ++axis) {
    const auto place = std::find(names.begin(), names.end(), array_.axes[axis]) - names.begin();
    map.axes.push_back(static_cast<std::size_t>(place));
    map.shape[map.axes.back()] = map.part.extent[axis];
  }
  if (!map.sample_numbers.empty()) map.shape[0] = std::ssize(map.sample_numbers);
  map.array_channels = map.shape[1];
  map.shape[1] = volume({map.array_channels, std::ssize(array_.arrays)});
  return map;
}

void ArrayMapper::require_equal_arrays(const ArrayMap& map) const {
  std::optional<Shape> expected;
  for (const std::string& array : array_.arrays) {
    const std::optional<SamplePattern> pattern = find_sample_pattern(array);
    for (Index i = 0; i < (pattern ? std::ssize(map.sample_numbers) : 1); ++i) {
      const std::string name = pattern ? pattern->name(map.sample_numbers[static_cast<std::size_t>(i)]) : array;
      const Shape shape = describe(name).shape;
      if (!expected) expected = shape;
      if (shape == *expected) continue;
      fail("arrays", "arrays of shape " + to_string(*expected), "array '" + name + "' of shape " + to_string(shape));
    }
  }
}

Hdf5File open_file(const DatasetDescription& description) {
  try {
    return Hdf5File::open(description.file, std::make_shared<const Communicator>(Communicator::self()));
  } catch (const IoError& error) {
    throw IoError("Dataset " + description.path + ": file: " + error.what());
  }
}

void require_pairs(const DatasetDescription& description, const ArrayMap& input, const ArrayMap& output) {
  const std::string where = "Dataset " + description.path + ": ";
  if (input.shape[0] != output.shape[0]) {
    throw IoError(where + "output.array: expected " + std::to_string(input.shape[0]) +
                  " samples, as many as the input has, found " + std::to_string(output.shape[0]));
  }
  const bool both_numbered = !input.sample_numbers.empty() && !output.sample_numbers.empty();
  if (both_numbered && input.sample_numbers != output.sample_numbers) {
    throw IoError(where + "output.array: expected samples of the same numbers as the input's, found others in " +
                  description.file);
  }
  for (std::size_t axis = 0; axis < description.grid_axes.size(); ++axis) {
    const Index expected = input.shape[axis + 2], found = output.shape[axis + 2];
    if (expected == found || description.grid_axes[axis] == "t") continue;
    throw IoError(where + "output." + description.grid_axes[axis] + ": expected " + std::to_string(expected) +
                  " cells, as many as the input has, found " + std::to_string(found));
  }
}

}  // namespace

DatasetLayout described_layout(const DatasetDescription& description) {
  const Hdf5File file = open_file(description);
  const auto look_up = [&](const ArrayDescription& array) {
    const ArrayMapper mapper(description, array, file);
    ArrayMap map = mapper.map();
    mapper.require_equal_arrays(map);
    return map;
  };
  const ArrayMap input = look_up(description.input), output = look_up(description.output);
  require_pairs(description, input, output);
  DatasetLayout layout = layout_of_arrays(description.path, input.shape, output.shape);
  layout.axis_names = description.grid_axes;
  layout.grid_spacing = description.grid_spacing;
  layout.provenance["description"] = description.text;
  return layout;
}

std::shared_ptr<const ArrayReader> open_described(const DatasetDescription& description, const std::string& name) {
  const Hdf5File file = open_file(description);
  const ArrayDescription& array = name == kInput ? description.input : description.output;
  return std::make_shared<const MappedArrayReader>(ArrayMapper(description, array, file).map());
}

}  // namespace tessera::dataset
