#include "io/dataset_array.hpp"

#include "io/dataset_structure.hpp"
#include "io/described_dataset.hpp"
#include "io/hdf5_array_reader.hpp"
#include "io/zarr_array_reader.hpp"
#include "tessera/io/zarr_group.hpp"

namespace tessera::dataset {

std::shared_ptr<const ArrayReader> open_array(const std::string& path, DatasetFormat format, const char* name,
                                              const ObjectCache* cache) {
  if (format == DatasetFormat::described) return open_described(read_description(path), name);
  if (format == DatasetFormat::hdf5) return std::make_shared<const hdf5::Hdf5ArrayReader>(path, name);
  std::shared_ptr<ObjectStore> store = open_store(path);
  if (cache != nullptr) store = cache->through(store, origin_of(*store));
  const ZarrGroup group = ZarrGroup::open(std::move(store));
  const Holes holes = group.has_attribute(kComplete) ? Holes::errors : Holes::fill_values;
  return std::make_shared<const ZarrArrayReader>(group.open_array(name), holes);
}

}  // namespace tessera::dataset
