#pragma once

/// \file
/// The arrays of a data set, for reading. Private to the io room.

#include <memory>
#include <string>

#include "io/array_reader.hpp"
#include "tessera/io/dataset_layout.hpp"
#include "tessera/io/object_cache.hpp"

namespace tessera::dataset {

/// The array `name` of the data set at `path`. A Zarr set that says whether it is complete was written whole, so a
/// chunk that is not there is lost, and reading it an IoError; zarr-python leaves chunks of fill values out of others.
/// Its chunks go through the cache where there is one. IoError when there is no such array. Local.
std::shared_ptr<const ArrayReader> open_array(const std::string& path, DatasetFormat format, const char* name,
                                              const ObjectCache* cache = nullptr);

}  // namespace tessera::dataset
