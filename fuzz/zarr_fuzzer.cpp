/// Zarr stores that somebody else wrote: descriptions, attributes and chunks. Whatever is in them, the library reads
/// them or throws a tessera::Error, within memory that goes with what they say.
///
/// The first byte of an input chooses: 'a' an array, its ".zarray" up to a zero byte and then its first chunk; 'g' a
/// group, its ".zattrs" up to a zero byte and then its ".zmetadata".

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "io/memory_store.hpp"
#include "io/zarr_cells.hpp"
#include "io/zarr_codec.hpp"
#include "tessera/io/zarr_group.hpp"

namespace {

using namespace tessera;

constexpr Index kMostChunk = Index{1} << 20;

void require(bool holds) {
  if (!holds) std::abort();
}

template <ZarrScalar T>
void read_cells(const zarr::Metadata& metadata, const Bytes& cells) {
  if (!zarr::convertible<T>(metadata.type)) return;
  const Box chunk = metadata.chunk_box(Shape(metadata.shape.size(), 0));
  if (chunk.empty()) return;
  std::vector<T> values(static_cast<std::size_t>(chunk.volume()));
  zarr::load_cells(metadata, cells, chunk.start, chunk, chunk, values.data());
  zarr::load_cells(metadata, {}, chunk.start, chunk, chunk, values.data());
}

void read_array(std::span<const std::byte> description, std::span<const std::byte> stored) {
  const Place place{"read", "fuzz"};
  const zarr::Metadata metadata = zarr::parse_metadata(parse_json(description, place), place);
  const zarr::Metadata again = zarr::parse_metadata(zarr::to_json(metadata), place);
  require(again.shape == metadata.shape && again.chunk == metadata.chunk && again.type == metadata.type &&
          std::memcmp(again.fill.data(), metadata.fill.data(), 1) == 0);
  volume(metadata.chunk_grid());
  if (metadata.chunk_bytes() > kMostChunk) return;
  const Bytes cells = zarr::decode_chunk(stored, metadata, place);
  require(std::ssize(cells) == metadata.chunk_bytes());
  read_cells<float>(metadata, cells);
  read_cells<double>(metadata, cells);
  read_cells<std::complex<float>>(metadata, cells);
  read_cells<std::complex<double>>(metadata, cells);
  read_cells<Index>(metadata, cells);
}

/// Calls `read` and takes an error for an answer.
template <class Read>
void attempt(Read&& read) {
  try {
    read();
  } catch (const Error&) {
  }
}

void read_group(std::span<const std::byte> attributes, std::span<const std::byte> consolidated) {
  const auto store = std::make_shared<testing_support::MemoryStore>();
  store->put_text(".zgroup", "{\"zarr_format\": 2}");
  store->put(".zattrs", attributes);
  if (!consolidated.empty()) store->put(".zmetadata", consolidated);
  const ZarrGroup group = ZarrGroup::open(store);
  for (const std::string& name : group.children()) attempt([&] { group.describe(name); });
  for (const std::string& name : group.attribute_names()) {
    attempt([&] { group.read_attribute<Index>(name); });
    attempt([&] { group.read_attribute<double>(name); });
    attempt([&] { group.read_attribute<std::vector<double>>(name); });
    attempt([&] { group.read_attribute<std::vector<std::string>>(name); });
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::byte> input(reinterpret_cast<const std::byte*>(data), size);
  if (input.empty()) return 0;
  const auto* zero = std::find(input.data() + 1, input.data() + size, std::byte{0});
  const std::span<const std::byte> first(input.data() + 1, zero);
  const std::span<const std::byte> second(std::min(zero + 1, input.data() + size), input.data() + size);
  attempt([&] {
    if (data[0] == 'a') read_array(first, second);
    if (data[0] == 'g') read_group(first, second);
  });
  return 0;
}
