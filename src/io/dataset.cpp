#include "tessera/io/dataset.hpp"
#include "tessera/tensor/host_values.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "io/first_copy.hpp"
#include "io/hdf5_array_reader.hpp"
#include "io/temporary_file.hpp"

namespace tessera {

namespace {

constexpr const char* kInput = "input";
constexpr const char* kOutput = "output";
constexpr const char* kAxisNames = "axis_names";
constexpr const char* kGridSpacing = "grid_spacing";
constexpr const char* kComplete = "complete";
constexpr const char* kProvenance = "provenance";

/// Bytes of HDF5's own bookkeeping, generously.
constexpr Index kFileOverhead = Index{1} << 16;

Shape with_samples(Index samples, const Shape& shape) {
  Shape whole{samples};
  whole.insert(whole.end(), shape.begin(), shape.end());
  return whole;
}

void require_layout(const std::string& path, const DatasetLayout& layout) {
  const std::string where = "DatasetWriter " + path + ": ";
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
}

void require_sample(const std::string& where, Index sample, Index count) {
  if (sample >= 0 && sample < count) return;
  throw ArgumentError(where + ": expected a sample of 0.." + std::to_string(count - 1) + ", got " +
                      std::to_string(sample));
}

void require_shape(const std::string& where, const Shape& expected, const Shape& found) {
  if (expected == found) return;
  throw ShapeError(where + ": expected shape " + to_string(expected) + ", got " + to_string(found));
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

/// Refuses what an interrupted generation leaves behind, by its name.
void require_finished(const std::string& path, const Communicator& communicator) {
  communicator.together([&] {
    std::error_code ignored;
    const std::string unfinished = path + ".tmp";
    if (communicator.rank() != 0 || std::filesystem::exists(path, ignored)) return;
    if (!std::filesystem::exists(unfinished, ignored)) return;
    throw IoError("Dataset " + path + ": expected a data set, found only the unfinished " + unfinished +
                  "; generate it again");
  });
}

Hdf5File open_finished(const std::string& path, std::shared_ptr<const Communicator> communicator) {
  require_finished(path, *communicator);
  Hdf5File file = Hdf5File::open(path, std::move(communicator));
  if (file.has_attribute(kComplete) && file.read_attribute<Index>(kComplete) != 1) {
    throw IoError("Dataset " + path + ": expected a complete data set, found one whose generation was interrupted; " +
                  "generate it again");
  }
  return file;
}

Shape real_array_shape(const Hdf5File& file, const char* name) {
  const ArrayInfo info = file.describe(name);
  const std::string where = "Dataset " + file.path() + ":" + name + ": expected ";
  if (!info.scalar.starts_with("float")) throw IoError(where + "float32 or float64, found " + info.scalar);
  if (info.shape.size() < 3) {
    throw IoError(where + "at least 3 axes [sample, channel, grid...], found shape " + to_string(info.shape));
  }
  return info.shape;
}

void require_entries(const std::string& path, const char* attribute, std::size_t found, std::size_t axes) {
  if (found == 0 || found == axes) return;
  throw IoError("Dataset " + path + ":@" + attribute + ": expected " + std::to_string(axes) +
                " entries, one per grid axis, found " + std::to_string(found));
}

DatasetLayout read_layout(const Hdf5File& file) {
  const Shape input = real_array_shape(file, kInput);
  const Shape output = real_array_shape(file, kOutput);
  if (input.size() != output.size() || input[0] != output[0]) {
    throw IoError("Dataset " + file.path() + ": expected input and output of as many samples and axes, found shapes " +
                  to_string(input) + " and " + to_string(output));
  }
  DatasetLayout layout{input[0], Shape(input.begin() + 1, input.end()), Shape(output.begin() + 1, output.end())};
  if (file.has_attribute(kAxisNames)) layout.axis_names = file.read_attribute<std::vector<std::string>>(kAxisNames);
  if (file.has_attribute(kGridSpacing)) layout.grid_spacing = file.read_attribute<std::vector<double>>(kGridSpacing);
  require_entries(file.path(), kAxisNames, layout.axis_names.size(), output.size() - 2);
  require_entries(file.path(), kGridSpacing, layout.grid_spacing.size(), output.size() - 2);
  if (file.exists(kProvenance)) {
    for (const std::string& name : file.attribute_names(kProvenance)) {
      layout.provenance[name] = file.read_attribute<std::string>(name, kProvenance);
    }
  }
  return layout;
}

/// Listed samples of an array as one batch.
template <RealScalar T>
class BatchField final : public FieldReader<T> {
 public:
  BatchField(std::string where, std::shared_ptr<const hdf5::ArrayReader> array, const Shape& sample,
             std::span<const Index> samples)
      : where_(std::move(where)),
        array_(std::move(array)),
        samples_(samples.begin(), samples.end()),
        shape_(with_samples(static_cast<Index>(samples.size()), sample)) {}

  const Shape& shape() const override { return shape_; }

  void read(const Box& box, T* values) const override {
    if (box.empty()) return;
    if (!(intersect(box, {Shape(shape_.size(), 0), shape_}) == box)) {
      throw ShapeError(where_ + ": expected a box of " + to_string(shape_) + ", got " + to_string(box));
    }
    Box row = box;
    row.extent[0] = 1;
    for (Index b = box.start[0]; b < box.start[0] + box.extent[0]; ++b, values += row.volume()) {
      row.start[0] = samples_[static_cast<std::size_t>(b)];
      array_->read(row, values);
      require_finite(where_, row, values);
    }
  }

 private:
  std::string where_;
  std::shared_ptr<const hdf5::ArrayReader> array_;
  std::vector<Index> samples_;
  Shape shape_;
};

}  // namespace

DatasetWriter::DatasetWriter(const std::string& path, DatasetLayout layout,
                             std::shared_ptr<const Communicator> communicator)
    : layout_(std::move(layout)), communicator_(std::move(communicator)) {
  require_layout(path, layout_);
  const Shape input = with_samples(layout_.sample_count, layout_.input_shape);
  const Shape output = with_samples(layout_.sample_count, layout_.output_shape);
  written_.assign(static_cast<std::size_t>(layout_.sample_count), 0);
  target_ = std::make_unique<TemporaryFile>("dataset", path, communicator_);
  target_->require_space((volume(input) + volume(output)) * static_cast<Index>(sizeof(float)) + kFileOverhead);
  file_.emplace(Hdf5File::create(target_->name(), communicator_));
  file_->write_attribute(kComplete, Index{0});
  if (!layout_.axis_names.empty()) file_->write_attribute(kAxisNames, layout_.axis_names);
  if (!layout_.grid_spacing.empty()) file_->write_attribute(kGridSpacing, layout_.grid_spacing);
  if (!layout_.provenance.empty()) file_->create_group(kProvenance);
  for (const auto& [name, text] : layout_.provenance) file_->write_attribute(name, text, kProvenance);
  file_->create_dataset<float>(kInput, input);
  file_->create_dataset<float>(kOutput, output);
  file_->flush_structure();
  target_->claim_blocks();
  file_->begin_data();
}

DatasetWriter::DatasetWriter(DatasetWriter&&) noexcept = default;
DatasetWriter::~DatasetWriter() = default;

void DatasetWriter::write_sample(Index sample, const DistTensor<float>& input, const DistTensor<float>& output) {
  const std::string where = "DatasetWriter::write_sample";
  require_sample(where, sample, layout_.sample_count);
  require_shape(where + ", input", with_samples(1, layout_.input_shape), input.shape());
  require_shape(where + ", output", with_samples(1, layout_.output_shape), output.shape());
  const Communicator& group = input.communicator();
  if (&group != &output.communicator())
    throw ArgumentError(where + ": input and output live on different communicators");
  group.together([&] {
    const auto write = [&](const char* array, const DistTensor<float>& tensor) {
      if (!holds_first_copy(tensor.partition()) || tensor.local_size() == 0) return;
      Box box = tensor.box();
      box.start[0] = sample;
      file_->write_hyperslab(array, box, HostInput<float>(tensor.local()).data());
    };
    write(kInput, input);
    write(kOutput, output);
  });
  if (group.rank() == 0) written_[static_cast<std::size_t>(sample)] = 1;
}

void DatasetWriter::close() {
  communicator_->all_sum(written_.data(), layout_.sample_count);
  const auto missing = std::find(written_.begin(), written_.end(), Index{0});
  if (missing != written_.end()) {
    const std::string name = file_->path();
    file_->close();
    throw IoError("DatasetWriter::close " + name + ": expected all " + std::to_string(layout_.sample_count) +
                  " samples to be written, found sample " + std::to_string(missing - written_.begin()) + " missing");
  }
  file_->write_attribute(kComplete, Index{1});
  file_->close();
  target_->publish();
}

Dataset::Dataset(const std::string& path, std::shared_ptr<const Communicator> communicator) : path_(path) {
  layout_ = read_layout(open_finished(path, communicator));
  communicator->together([&] {
    input_ = std::make_shared<const hdf5::ArrayReader>(path, kInput);
    output_ = std::make_shared<const hdf5::ArrayReader>(path, kOutput);
  });
}

template <RealScalar T>
std::unique_ptr<FieldReader<T>> Dataset::field(bool input, std::span<const Index> samples) const {
  const std::string where = "Dataset " + path_ + ":" + (input ? kInput : kOutput);
  for (const Index sample : samples) require_sample(where, sample, sample_count());
  return std::make_unique<BatchField<T>>(where, input ? input_ : output_, input ? input_shape() : output_shape(),
                                         samples);
}

template <RealScalar T>
std::unique_ptr<FieldReader<T>> Dataset::input_field(std::span<const Index> samples) const {
  return field<T>(true, samples);
}

template <RealScalar T>
std::unique_ptr<FieldReader<T>> Dataset::output_field(std::span<const Index> samples) const {
  return field<T>(false, samples);
}

template <RealScalar T>
void Dataset::read_inputs(std::span<const Index> samples, DistTensor<T>& batch) const {
  const auto field = input_field<T>(samples);
  require_shape("Dataset " + path_ + ":" + kInput, field->shape(), batch.shape());
  batch.communicator().together([&] {
    HostOutput<T> values(batch.local());
    field->read(batch.box(), values.data());
    values.store();
  });
}

template <RealScalar T>
void Dataset::read_outputs(std::span<const Index> samples, DistTensor<T>& batch) const {
  const auto field = output_field<T>(samples);
  require_shape("Dataset " + path_ + ":" + kOutput, field->shape(), batch.shape());
  batch.communicator().together([&] {
    HostOutput<T> values(batch.local());
    field->read(batch.box(), values.data());
    values.store();
  });
}

#define TESSERA_INSTANTIATE(T)                                                                     \
  template std::unique_ptr<FieldReader<T>> Dataset::input_field<T>(std::span<const Index>) const;  \
  template std::unique_ptr<FieldReader<T>> Dataset::output_field<T>(std::span<const Index>) const; \
  template void Dataset::read_inputs<T>(std::span<const Index>, DistTensor<T>&) const;             \
  template void Dataset::read_outputs<T>(std::span<const Index>, DistTensor<T>&) const;
TESSERA_INSTANTIATE(float)
TESSERA_INSTANTIATE(double)
#undef TESSERA_INSTANTIATE

}  // namespace tessera
