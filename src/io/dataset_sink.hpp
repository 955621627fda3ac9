#pragma once

/// \file
/// The file of a data set that is being written. Private to the io room.

#include "tessera/io/dataset.hpp"

namespace tessera {

/// Has the name `<path>.tmp` until publish(); without it, it is removed at the end, not collectively.
class DatasetSink {
 public:
  virtual ~DatasetSink() = default;
  /// One sample, of the layout's shapes. Collective over the communicator of both tensors.
  virtual void write(Index sample, const DistTensor<float>& input, const DistTensor<float>& output) = 0;
  /// Marks the file complete and gives it its name. Collective over the writer's communicator.
  virtual void publish() = 0;
  /// Closes the file and leaves it unpublished. Collective.
  virtual void abandon() = 0;
  virtual std::string unfinished_name() const = 0;
};

/// Collective over `communicator`; the layout is consistent.
std::unique_ptr<DatasetSink> make_hdf5_sink(const std::string& path, const DatasetLayout& layout,
                                            std::shared_ptr<const Communicator> communicator);
std::unique_ptr<DatasetSink> make_zarr_sink(const std::string& path, const DatasetLayout& layout,
                                            std::shared_ptr<const Communicator> communicator,
                                            const ChunkStorage& storage);

}  // namespace tessera
