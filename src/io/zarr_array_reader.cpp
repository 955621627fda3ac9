#include "io/zarr_array_reader.hpp"

#include "io/chunk_walk.hpp"
#include "io/place.hpp"

namespace tessera {

namespace {
constexpr Index kKeptBytes = Index{64} << 20;
}

std::unique_ptr<const ArrayReader> ZarrArrayReader::another(const Box& box) const {
  for (std::size_t axis = 0; axis < box.start.size(); ++axis) {
    const Index end = box.start[axis] + box.extent[axis], chunk = array_.chunk()[axis];
    if (box.start[axis] % chunk != 0 || (end % chunk != 0 && end != array_.shape()[axis])) return nullptr;
  }
  return std::make_unique<const ZarrArrayReader>(array_, holes_);
}

template <RealScalar T>
void ZarrArrayReader::read_chunks(const Box& box, T* values) const {
  array_.require_readable<T>(box);
  std::map<Shape, ZarrArray::DecodedChunk> kept;
  Index kept_bytes = 0;
  for_each_index(chunks_of(box, array_.chunk()), [&](const Shape& at) {
    const auto found = recent_.find(at);
    ZarrArray::DecodedChunk chunk = found == recent_.end() ? array_.read_chunk(at) : std::move(found->second);
    if (found != recent_.end()) recent_.erase(found);
    if (holes_ == Holes::errors && !chunk.written()) {
      fail({"read", array_.label()}, "the chunk of cells " + to_string(array_.chunk_box(at)), "none");
    }
    chunk.copy(intersect(box, array_.chunk_box(at)), box, values);
    if (kept_bytes + chunk.bytes() > kKeptBytes) return;
    kept_bytes += chunk.bytes();
    kept.emplace(at, std::move(chunk));
  });
  recent_ = std::move(kept);
}

template void ZarrArrayReader::read_chunks(const Box&, float*) const;
template void ZarrArrayReader::read_chunks(const Box&, double*) const;

}  // namespace tessera
