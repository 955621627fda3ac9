#include "tessera/io/dataset.hpp"

#include <filesystem>

#include "io/batch_field.hpp"
#include "io/dataset_array.hpp"
#include "io/dataset_structure.hpp"
#include "io/described_dataset.hpp"
#include "io/packed.hpp"
#include "io/zarr_dataset.hpp"
#include "tessera/io/hdf5_file.hpp"
#include "tessera/tensor/host_values.hpp"

namespace tessera {

namespace {

using dataset::kInput;
using dataset::kOutput;
using dataset::require_sample;

void require_shape(const std::string& where, const Shape& expected, const Shape& found) {
  if (expected == found) return;
  throw ShapeError(where + ": expected shape " + to_string(expected) + ", got " + to_string(found));
}

/// What one process finds out about a data set and tells the others.
struct Contents {
  DatasetFormat format = DatasetFormat::hdf5;
  std::string data_path;
  DatasetLayout layout;
  bool complete = true;
  std::vector<Index> missing;
};

/// Refuses what an interrupted generation leaves behind, by its name.
void require_finished_name(const std::string& path) {
  std::error_code ignored;
  const std::string unfinished = path.substr(0, path.find_last_not_of('/') + 1) + ".tmp";
  if (std::filesystem::exists(path, ignored) || !std::filesystem::exists(unfinished, ignored)) return;
  throw IoError("Dataset " + path + ": expected a data set, found only the unfinished " + unfinished +
                "; generate it again");
}

void require_complete(const std::string& path, const Contents& contents) {
  if (contents.complete) return;
  std::string found = "one whose generation was interrupted; generate it again";
  if (!contents.missing.empty()) {
    found = "one that lacks " + std::to_string(contents.missing.size()) + " of " +
            std::to_string(contents.layout.sample_count) + " samples, the first of them sample " +
            std::to_string(contents.missing.front());
  }
  throw IoError("Dataset " + path + ": expected a complete data set, found " + found);
}

/// Local.
Contents find_contents(const std::string& path) {
  Contents contents;
  contents.data_path = path;
  if (is_store(path)) {
    contents.format = DatasetFormat::zarr;
    const ZarrGroup group = ZarrGroup::open(open_store(path));
    contents.complete = dataset::read_complete(group);
    contents.layout = dataset::read_layout(group);
    if (!contents.complete) contents.missing = dataset::missing_samples(group, contents.layout.sample_count);
    return contents;
  }
  if (format_of_name(path) == DatasetFormat::described) {
    const dataset::DatasetDescription description = dataset::read_description(path);
    contents.format = DatasetFormat::described;
    contents.layout = dataset::described_layout(description);
    contents.data_path = description.file;
    return contents;
  }
  require_finished_name(path);
  const Hdf5File file = Hdf5File::open(path, std::make_shared<const Communicator>(Communicator::self()));
  contents.complete = dataset::read_complete(file);
  contents.layout = dataset::read_layout(file);
  return contents;
}

std::string packed(const Contents& contents) {
  std::string bytes;
  const DatasetLayout& layout = contents.layout;
  pack(bytes, static_cast<int>(contents.format));
  pack(bytes, contents.data_path);
  pack(bytes, contents.complete);
  pack(bytes, contents.missing);
  pack(bytes, layout.sample_count);
  pack(bytes, layout.input_shape);
  pack(bytes, layout.output_shape);
  pack(bytes, layout.axis_names);
  pack(bytes, layout.grid_spacing);
  pack(bytes, layout.grid_origin);
  pack(bytes, layout.axis_units);
  pack(bytes, layout.provenance.size());
  for (const auto& [name, text] : layout.provenance) {
    pack(bytes, name);
    pack(bytes, text);
  }
  return bytes;
}

Contents unpacked(const std::string& bytes) {
  Contents contents;
  DatasetLayout& layout = contents.layout;
  int format = 0;
  std::size_t texts = 0;
  Unpacker source(bytes);
  source.unpack(format);
  contents.format = static_cast<DatasetFormat>(format);
  source.unpack(contents.data_path);
  source.unpack(contents.complete);
  source.unpack(contents.missing);
  source.unpack(layout.sample_count);
  source.unpack(layout.input_shape);
  source.unpack(layout.output_shape);
  source.unpack(layout.axis_names);
  source.unpack(layout.grid_spacing);
  source.unpack(layout.grid_origin);
  source.unpack(layout.axis_units);
  source.unpack(texts);
  for (std::size_t i = 0; i < texts; ++i) {
    std::string name;
    source.unpack(name);
    source.unpack(layout.provenance[name]);
  }
  return contents;
}

}  // namespace

Dataset::Dataset(const std::string& path, std::shared_ptr<const Communicator> communicator,
                 const DatasetOptions& options)
    : path_(path), label_(printable_location(path)) {
  // Rank 0 looks first, so that thousands of ranks do not find a bad file one by one.
  std::string found;
  communicator->together([&] {
    if (communicator->rank() != 0) return;
    const Contents contents = find_contents(path);
    if (options.unfinished == Unfinished::refused) require_complete(label_, contents);
    found = packed(contents);
  });
  Contents contents = unpacked(communicator->broadcast(std::move(found), 0));
  format_ = contents.format;
  data_path_ = std::move(contents.data_path);
  layout_ = std::move(contents.layout);
  complete_ = contents.complete;
  missing_ = std::move(contents.missing);
  communicator->together([&] {
    input_ = dataset::open_array(path, format_, kInput, options.cache.get());
    output_ = dataset::open_array(path, format_, kOutput, options.cache.get());
  });
}

template <RealScalar T>
std::unique_ptr<FieldReader<T>> Dataset::field(bool input, std::span<const Index> samples) const {
  const std::string where = "Dataset " + label_ + ":" + (input ? kInput : kOutput);
  for (const Index sample : samples) require_sample(where, sample, sample_count());
  return std::make_unique<dataset::BatchField<T>>(where, input ? input_ : output_,
                                                  input ? input_shape() : output_shape(), samples);
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
  require_shape("Dataset " + label_ + ":" + kInput, field->shape(), batch.shape());
  batch.communicator().together([&] {
    HostOutput<T> values(batch.local());
    field->read(batch.box(), values.data());
    values.store();
  });
}

template <RealScalar T>
void Dataset::read_outputs(std::span<const Index> samples, DistTensor<T>& batch) const {
  const auto field = output_field<T>(samples);
  require_shape("Dataset " + label_ + ":" + kOutput, field->shape(), batch.shape());
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
