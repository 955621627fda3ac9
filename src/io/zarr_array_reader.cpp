#include "io/zarr_array_reader.hpp"

#include "io/chunk_walk.hpp"
#include "io/place.hpp"

namespace tessera {

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
    if (kept_bytes + chunk.bytes() > kept_bytes_) return;
    kept_bytes += chunk.bytes();
    kept.emplace(at, std::move(chunk));
  });
  recent_ = std::move(kept);
}

template void ZarrArrayReader::read_chunks(const Box&, float*) const;
template void ZarrArrayReader::read_chunks(const Box&, double*) const;

}  // namespace tessera
