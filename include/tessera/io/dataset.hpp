#pragma once

/// \file
/// Training data on disk: pairs of an input and an output field, one HDF5 file or one Zarr group per split.
///
///   input   float32 [sample, channel, grid...]
///   output  float32 [sample, channel, grid...]   (its grid may differ from the input's, as in time extrapolation)
///   attributes of the file: axis_names, grid_spacing, grid_origin and axis_units (see DatasetLayout), complete
///   attributes of the group `provenance`: free text on where the data came from
///
/// A file made elsewhere needs the two arrays only, of any real type; an HDF5 file of other arrays is read by way of a
/// TOML file that describes them. Zarr sets may hold an array `written` besides, see SampleWriter.

#include <span>

#include "tessera/io/dataset_layout.hpp"
#include "tessera/io/object_cache.hpp"
#include "tessera/tensor/field.hpp"

namespace tessera {

class ArrayReader;
class DatasetSink;

/// Writes a data set sample by sample, in the format that its name asks for (see format_of_name). It has the name
/// `<path>.tmp` until close(), so an interrupted generation is never mistaken for a data set. An HDF5 file has its
/// final size from the start, so a full disk is found at once; of a Zarr set every chunk is on the disk when it is
/// written.
class DatasetWriter {
 public:
  /// Creates the file. Collective over `communicator`, which may be split into groups that write samples side by side.
  /// ArgumentError or ShapeError when the layout is inconsistent, or chunks are asked for of HDF5; IoError when there
  /// is no room for the data, or `path` is a folder that is no Zarr group.
  DatasetWriter(const std::string& path, DatasetLayout layout, std::shared_ptr<const Communicator> communicator,
                const ChunkStorage& storage = {});
  DatasetWriter(DatasetWriter&& other) noexcept;
  /// Without close(), the unfinished file is removed. Not collective.
  ~DatasetWriter();

  const DatasetLayout& layout() const noexcept { return layout_; }

  /// Writes one sample: tensors [1, channel, grid...] on any partition of a group of ranks. Collective over the
  /// tensors' communicator alone; other groups may write other samples meanwhile. Errors are thrown on all ranks of the
  /// group.
  void write_sample(Index sample, const DistTensor<float>& input, const DistTensor<float>& output);

  /// Marks the file complete and gives it its name. IoError when a sample was never written. Collective over the
  /// writer's communicator.
  void close();

 private:
  DatasetLayout layout_;
  std::shared_ptr<const Communicator> communicator_;
  std::unique_ptr<DatasetSink> sink_;
  std::vector<Index> written_;
};

/// Whether a data set that lacks samples may be opened, to see what it holds.
enum class Unfinished { refused, accepted };

/// How a data set is opened.
struct DatasetOptions {
  Unfinished unfinished = Unfinished::refused;
  /// Keeps chunks of a Zarr set for the next time they are read, on whatever rank of the node. HDF5 files are read
  /// where they are.
  std::shared_ptr<const ObjectCache> cache = {};
};

/// Reads batches of a data set, each rank the rows and cells of its tile. The format is that of what is found at the
/// path: a folder or a URL is a Zarr group, a file whose name ends in ".toml" a description, anything else an HDF5
/// file.
class Dataset {
 public:
  /// Collective. IoError when the file is missing, damaged or has other arrays than described above; when it is
  /// incomplete, saying how many samples it lacks where that is known, unless that is accepted. ConfigError, naming
  /// line and key, when a description is not understood.
  Dataset(const std::string& path, std::shared_ptr<const Communicator> communicator,
          const DatasetOptions& options = {});

  const std::string& path() const noexcept { return path_; }
  /// Where the arrays are: the path, or the file that a description names.
  const std::string& data_path() const noexcept { return data_path_; }
  /// The path as messages show it: of a URL without what may be secret.
  const std::string& label() const noexcept { return label_; }
  DatasetFormat format() const noexcept { return format_; }
  bool complete() const noexcept { return complete_; }
  /// Samples known to be absent, in ascending order.
  const std::vector<Index>& missing_samples() const noexcept { return missing_; }
  const DatasetLayout& layout() const noexcept { return layout_; }
  Index sample_count() const noexcept { return layout_.sample_count; }
  /// [channel, grid...]
  const Shape& input_shape() const noexcept { return layout_.input_shape; }
  const Shape& output_shape() const noexcept { return layout_.output_shape; }
  /// Empty where the file does not say.
  const std::vector<std::string>& axis_names() const noexcept { return layout_.axis_names; }
  const std::vector<double>& grid_spacing() const noexcept { return layout_.grid_spacing; }

  /// batch[b, ...] = input[samples[b], ...] for a batch [samples.size(), channel, grid...] on any partition. Collective
  /// over the batch's communicator, which needs not be the data set's; the ranks pass the same samples, in any order.
  /// ArgumentError for a sample that does not exist, ShapeError for a batch of another shape, NumericError naming
  /// array, sample and cell when the file holds a NaN or an infinity, IoError when it cannot be read; each on all
  /// ranks.
  template <RealScalar T>
  void read_inputs(std::span<const Index> samples, DistTensor<T>& batch) const;
  /// The same for the outputs.
  template <RealScalar T>
  void read_outputs(std::span<const Index> samples, DistTensor<T>& batch) const;

  /// The same batches box by box, straight from the file: fields of shape [samples.size(), channel, grid...], which
  /// any rank reads on its own. ArgumentError for a sample that does not exist; reading throws NumericError and IoError
  /// as above, on this rank alone, and ShapeError for a box outside the batch. Not collective; fields outlive the data
  /// set.
  template <RealScalar T>
  std::unique_ptr<FieldReader<T>> input_field(std::span<const Index> samples) const;
  template <RealScalar T>
  std::unique_ptr<FieldReader<T>> output_field(std::span<const Index> samples) const;

 private:
  template <RealScalar T>
  std::unique_ptr<FieldReader<T>> field(bool input, std::span<const Index> samples) const;

  std::string path_;
  std::string label_;
  std::string data_path_;
  DatasetFormat format_ = DatasetFormat::hdf5;
  DatasetLayout layout_;
  bool complete_ = true;
  std::vector<Index> missing_;
  std::shared_ptr<const ArrayReader> input_, output_;
};

}  // namespace tessera
