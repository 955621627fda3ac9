#pragma once

/// \file
/// Data sets as Zarr groups. Private to the io room.

#include "tessera/io/dataset_layout.hpp"
#include "tessera/io/zarr_group.hpp"

namespace tessera::dataset {

/// An empty, unfinished data set in an empty store. Chunks are those asked for, or tiles of one rank (see
/// choose_chunk). ShapeError when they do not suit the arrays. Local.
ZarrGroup create_zarr(std::shared_ptr<ObjectStore> store, const DatasetLayout& layout, const ChunkStorage& storage);

/// Samples whose mark in the array `written` is missing; all where there is no such array. Local.
std::vector<Index> missing_samples(const ZarrGroup& group, Index sample_count);

/// Marks the data set complete and consolidates its description. Local.
void mark_complete(ZarrGroup& group);

}  // namespace tessera::dataset
