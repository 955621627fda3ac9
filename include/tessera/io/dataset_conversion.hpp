#pragma once

/// \file
/// Data sets from one format to another.

#include <functional>
#include <memory>
#include <string>

#include "tessera/io/dataset.hpp"

namespace tessera {

/// Writes the data set at `from` to `to` in float32, in the format that the name `to` asks for; what is there is
/// replaced at the end. Ranks share the samples, or each sample where there are fewer of them than ranks. `progress` is
/// told on every rank, now and then. Collective; errors, those of Dataset and DatasetWriter, are thrown on all ranks.
void convert_dataset(const std::string& from, const std::string& to, const std::shared_ptr<const Communicator>& world,
                     const ChunkStorage& storage = {},
                     const std::function<void(Index done, Index samples)>& progress = {});

}  // namespace tessera
