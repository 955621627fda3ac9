#include "io/zarr_dataset.hpp"

#include <set>

#include "io/dataset_structure.hpp"
#include "io/place.hpp"
#include "tessera/io/zarr_tiles.hpp"

namespace tessera::dataset {

namespace {

ZarrLayout array_layout(Index samples, const Shape& shape, const Shape& chunk, const ZarrCompressor& compressor) {
  const Shape sample = with_samples(1, shape);
  if (chunk.empty()) {
    const RankGrid alone{Shape(sample.size(), 1)};
    return {with_samples(samples, shape), choose_chunk(sample, alone, sizeof(float)), "float32", compressor};
  }
  return {with_samples(samples, shape), with_samples(1, chunk), "float32", compressor};
}

}  // namespace

ZarrGroup create_zarr(std::shared_ptr<ObjectStore> store, const DatasetLayout& layout, const ChunkStorage& storage) {
  ZarrGroup group = ZarrGroup::create(std::move(store));
  write_attributes(group, layout);
  const Index samples = layout.sample_count;
  group.create_array(kInput, array_layout(samples, layout.input_shape, storage.input_chunk, storage.compressor));
  group.create_array(kOutput, array_layout(samples, layout.output_shape, storage.output_chunk, storage.compressor));
  return group;
}

std::vector<Index> missing_samples(const ZarrGroup& group, Index sample_count) {
  constexpr Index kMostSamples = Index{1} << 31;
  if (sample_count > kMostSamples) {
    fail({"open", group.path()}, "at most " + std::to_string(kMostSamples) + " samples", std::to_string(sample_count));
  }
  // A mark is a chunk of its own, so their names are enough.
  std::set<std::string> marks;
  if (group.exists(kWritten)) {
    for (std::string& name : group.store()->list(kWritten)) marks.insert(std::move(name));
  }
  std::vector<Index> missing;
  for (Index sample = 0; sample < sample_count; ++sample) {
    if (!marks.contains(std::to_string(sample))) missing.push_back(sample);
  }
  return missing;
}

void mark_complete(ZarrGroup& group) {
  group.write_attribute(kComplete, Index{1});
  group.consolidate();
}

}  // namespace tessera::dataset
