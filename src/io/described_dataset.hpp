#pragma once

/// \file
/// A description of a file made elsewhere together with what is in that file. Private to the io room.

#include <memory>

#include "io/array_reader.hpp"
#include "io/dataset_description.hpp"
#include "tessera/io/dataset_layout.hpp"

namespace tessera::dataset {

/// What the described set holds, after a look at every array. IoError naming description and key when the file has
/// other arrays, or input and output do not go together. Local.
DatasetLayout described_layout(const DatasetDescription& description);

/// The described array `name`, "input" or "output", as [sample, channel, grid...]. IoError when it is not there. Local.
std::shared_ptr<const ArrayReader> open_described(const DatasetDescription& description, const std::string& name);

}  // namespace tessera::dataset
