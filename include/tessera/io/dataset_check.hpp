#pragma once

/// \file
/// Whether a data set is fit to be trained on.

#include <functional>

#include "tessera/io/dataset.hpp"

namespace tessera {

struct DatasetReport {
  /// Chunks of a Zarr set; parts of samples of an HDF5 file.
  Index pieces = 0;
  /// One line each, saying what is wrong and where; the first 1000 that every rank found.
  std::vector<std::string> problems;
};

/// Reads every number of a data set: samples that are not there, chunks that are missing or damaged, and numbers that
/// are not finite are problems. A rank that has found 1000 looks no further. Collective; the ranks share the work, and
/// the report is the same on all. `progress` is called with the pieces that this rank has read and all that it will
/// read. IoError when the data set cannot be opened at all.
DatasetReport check_dataset(const std::string& path, const std::shared_ptr<const Communicator>& communicator,
                            const std::function<void(Index done, Index total)>& progress = {});

}  // namespace tessera
