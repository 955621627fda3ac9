#include "tessera/io/zarr_array.hpp"

#include <algorithm>

#include "io/chunk_walk.hpp"
#include "io/zarr_cells.hpp"
#include "io/zarr_codec.hpp"
#include "tessera/core/error.hpp"

namespace tessera {

namespace {

constexpr const char* kDescription = ".zarray";

bool contains(const Shape& shape, const Box& box) {
  return box.start.size() == shape.size() && box.extent.size() == shape.size() &&
         intersect(box, {Shape(shape.size(), 0), shape}) == box;
}

/// Objects under `prefix` whose names are those of chunks, and which a new description would take for its own.
void erase_chunks(ObjectStore& store, const std::string& prefix) {
  for (const std::string& name : store.list(prefix)) {
    const std::string key = prefix.empty() ? name : prefix + "/" + name;
    if (name.find_first_not_of("0123456789.") != std::string::npos) continue;
    if (store.exists(key)) {
      store.erase(key);
    } else {
      erase_chunks(store, key);
    }
  }
}

}  // namespace

ZarrArray::ZarrArray(std::shared_ptr<ObjectStore> store, std::string name, zarr::Metadata metadata)
    : store_(std::move(store)),
      name_(std::move(name)),
      metadata_(std::make_shared<const zarr::Metadata>(std::move(metadata))) {}

ZarrArray ZarrArray::open(std::shared_ptr<ObjectStore> store, const std::string& name) {
  const Place place{"open", store->location(), name};
  const std::string prefix = name.empty() ? "" : name + "/";
  const std::optional<Bytes> text = store->get(prefix + kDescription, kMostJsonBytes);
  if (!text) fail(place, "a Zarr array", zarr::found_instead(*store, prefix, kDescription));
  return ZarrArray(std::move(store), name, zarr::parse_metadata(parse_json(*text, place), place));
}

ZarrArray ZarrArray::create(std::shared_ptr<ObjectStore> store, const std::string& name, const ZarrLayout& layout) {
  const Place place{"create", store->location(), name};
  ZarrArray array(std::move(store), name, zarr::make_metadata(layout, place));
  erase_chunks(*array.store_, name);
  array.store_->put(array.key(kDescription), json_text(zarr::to_json(*array.metadata_), place));
  return array;
}

const Shape& ZarrArray::shape() const noexcept { return metadata_->shape; }
const Shape& ZarrArray::chunk() const noexcept { return metadata_->chunk; }
std::string ZarrArray::scalar() const { return zarr::type_name(metadata_->type); }
const ZarrCompressor& ZarrArray::compressor() const noexcept { return metadata_->compressor; }
std::string ZarrArray::label() const { return store_->location() + (name_.empty() ? "" : ":" + name_); }

Shape ZarrArray::chunk_grid() const { return metadata_->chunk_grid(); }
Box ZarrArray::chunk_box(const Shape& at) const { return metadata_->chunk_box(at); }
bool ZarrArray::has_chunk(const Shape& at) const { return store_->exists(key(metadata_->chunk_name(at))); }
void ZarrArray::erase_chunk(const Shape& at) { store_->erase(key(metadata_->chunk_name(at))); }

ZarrArray::DecodedChunk ZarrArray::read_chunk(const Shape& at) const {
  const std::string object = key(metadata_->chunk_name(at));
  const Place place{"read", store_->location(), object};
  DecodedChunk chunk;
  chunk.metadata_ = metadata_;
  chunk.start_ = metadata_->chunk_box(at).start;
  if (const auto stored = store_->get(object, zarr::most_stored_bytes(*metadata_))) {
    chunk.bytes_ = zarr::decode_chunk(*stored, *metadata_, place);
  }
  return chunk;
}

template <ZarrScalar T>
void ZarrArray::DecodedChunk::copy(const Box& part, const Box& box, T* values) const {
  zarr::load_cells(*metadata_, bytes_, start_, part, box, values);
}

template <ZarrScalar T>
void ZarrArray::require(const char* operation, const Box& box) const {
  const Place place{operation, store_->location(), name_};
  if (!zarr::convertible<T>(metadata_->type)) {
    const char* expected = std::same_as<T, Index> ? "integers"
                           : RealScalar<T>        ? "float32 or float64"
                                                  : "complex64 or complex128";
    fail(place, expected, scalar());
  }
  if (!contains(shape(), box)) {
    fail(place, "an array that holds " + tessera::to_string(box), "shape " + tessera::to_string(shape()));
  }
}

template <ZarrScalar T>
void ZarrArray::read_box(const Box& box, T* values) const {
  require<T>("read_box", box);
  for_each_index(chunks_of(box, chunk()),
                 [&](const Shape& at) { read_chunk(at).copy(intersect(box, chunk_box(at)), box, values); });
}

template <ZarrScalar T>
void ZarrArray::write_part(const Shape& at, const Box& part, const Box& box, const T* values) {
  const std::string object = key(metadata_->chunk_name(at));
  const Place place{"write", store_->location(), object};
  Bytes cells;
  if (part == chunk_box(at)) {
    cells.resize(static_cast<std::size_t>(metadata_->chunk_bytes()));
  } else {
    cells = read_chunk(at).bytes_;
  }
  if (cells.empty()) {
    cells.reserve(static_cast<std::size_t>(metadata_->chunk_bytes()));
    const auto element = metadata_->fill.begin();
    while (std::ssize(cells) < metadata_->chunk_bytes()) {
      cells.insert(cells.end(), element, element + metadata_->type.bytes);
    }
  }
  zarr::store_cells(*metadata_, cells, metadata_->chunk_box(at).start, part, box, values);
  store_->put(object, zarr::encode_chunk(std::move(cells), *metadata_, place));
}

template <ZarrScalar T>
void ZarrArray::write_box(const Box& box, const T* values) {
  require<T>("write_box", box);
  for_each_index(chunks_of(box, chunk()),
                 [&](const Shape& at) { write_part(at, intersect(box, chunk_box(at)), box, values); });
}

template <ZarrScalar T>
void ZarrArray::write_chunk(const Shape& at, const Box& box, const T* values) {
  require<T>("write_chunk", chunk_box(at));
  write_part(at, chunk_box(at), box, values);
}

#define TESSERA_INSTANTIATE(T)                                                 \
  template void ZarrArray::require<T>(const char*, const Box&) const;          \
  template void ZarrArray::read_box<T>(const Box&, T*) const;                  \
  template void ZarrArray::write_box<T>(const Box&, const T*);                 \
  template void ZarrArray::write_chunk<T>(const Shape&, const Box&, const T*); \
  template void ZarrArray::DecodedChunk::copy<T>(const Box&, const Box&, T*) const;
TESSERA_INSTANTIATE(float)
TESSERA_INSTANTIATE(double)
TESSERA_INSTANTIATE(std::complex<float>)
TESSERA_INSTANTIATE(std::complex<double>)
TESSERA_INSTANTIATE(Index)
#undef TESSERA_INSTANTIATE

}  // namespace tessera
