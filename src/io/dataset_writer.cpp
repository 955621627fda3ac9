#include <algorithm>

#include "io/dataset_sink.hpp"
#include "io/dataset_structure.hpp"
#include "tessera/io/object_store.hpp"

namespace tessera {

namespace {

std::unique_ptr<DatasetSink> make_sink(const std::string& path, const DatasetLayout& layout,
                                       std::shared_ptr<const Communicator> communicator, const ChunkStorage& storage) {
  require_writable_location("DatasetWriter", path);
  dataset::require_layout("DatasetWriter", path, layout);
  if (format_of_name(path) == DatasetFormat::described) {
    throw ArgumentError("DatasetWriter " + path + ": expected the name of an HDF5 file or a Zarr group, found a .toml");
  }
  if (format_of_name(path) == DatasetFormat::zarr) {
    return make_zarr_sink(path, layout, std::move(communicator), storage);
  }
  if (!(storage == ChunkStorage{})) {
    throw ArgumentError("DatasetWriter " + path +
                        ": chunks and compressors are those of Zarr; expected a name that ends in .zarr");
  }
  return make_hdf5_sink(path, layout, std::move(communicator));
}

void require_shape(const std::string& where, const Shape& expected, const Shape& found) {
  if (expected == found) return;
  throw ShapeError(where + ": expected shape " + to_string(expected) + ", got " + to_string(found));
}

}  // namespace

DatasetWriter::DatasetWriter(const std::string& path, DatasetLayout layout,
                             std::shared_ptr<const Communicator> communicator, const ChunkStorage& storage)
    : layout_(std::move(layout)),
      communicator_(std::move(communicator)),
      sink_(make_sink(path, layout_, communicator_, storage)),
      written_(static_cast<std::size_t>(layout_.sample_count), 0) {}

DatasetWriter::DatasetWriter(DatasetWriter&&) noexcept = default;
DatasetWriter::~DatasetWriter() = default;

void DatasetWriter::write_sample(Index sample, const DistTensor<float>& input, const DistTensor<float>& output) {
  const std::string where = "DatasetWriter::write_sample";
  dataset::require_sample(where, sample, layout_.sample_count);
  require_shape(where + ", input", dataset::with_samples(1, layout_.input_shape), input.shape());
  require_shape(where + ", output", dataset::with_samples(1, layout_.output_shape), output.shape());
  const Communicator& group = input.communicator();
  if (&group != &output.communicator())
    throw ArgumentError(where + ": input and output live on different communicators");
  sink_->write(sample, input, output);
  if (group.rank() == 0) written_[static_cast<std::size_t>(sample)] = 1;
}

void DatasetWriter::close() {
  communicator_->all_sum(written_.data(), layout_.sample_count);
  const auto missing = std::find(written_.begin(), written_.end(), Index{0});
  if (missing != written_.end()) {
    sink_->abandon();
    throw IoError("DatasetWriter::close " + sink_->unfinished_name() + ": expected all " +
                  std::to_string(layout_.sample_count) + " samples to be written, found sample " +
                  std::to_string(missing - written_.begin()) + " missing");
  }
  sink_->publish();
}

}  // namespace tessera
