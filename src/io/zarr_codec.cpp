#include "io/zarr_codec.hpp"

#include <blosc.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <bit>
#include <memory>

#include "tessera/core/error.hpp"

namespace tessera::zarr {

namespace {

using Kind = ZarrCompressor::Kind;
using Shuffle = ZarrCompressor::Shuffle;

static_assert(kMostChunkBytes == BLOSC_MAX_BUFFERSIZE);

/// zlib.h's windowBits: 15 for zlib's own frame, 16 more for gzip's.
constexpr int kZlibWindow = 15, kGzipWindow = 31;
constexpr int kZlibMemory = 8;
/// A deflate stream holds at most 1032 times its own size.
constexpr Index kMostDeflateRatio = 1032;

std::string count(Index bytes) { return std::to_string(bytes) + " bytes"; }

[[noreturn]] void fail_size(Index expected, Index found, const Place& place) {
  fail(place, "a chunk of " + count(expected), count(found));
}

std::size_t unsigned_size(Index size) { return static_cast<std::size_t>(size); }

Bytes decode_plain(std::span<const std::byte> stored, Index bytes, const Place& place) {
  if (std::ssize(stored) != bytes) fail_size(bytes, std::ssize(stored), place);
  return Bytes(stored.begin(), stored.end());
}

Bytes decode_blosc(std::span<const std::byte> stored, Index bytes, const Place& place) {
  std::size_t declared = 0;
  if (blosc_cbuffer_validate(stored.data(), stored.size(), &declared) < 0) {
    fail(place, "a chunk compressed by blosc", "a damaged header, " + count(std::ssize(stored)) + " stored");
  }
  if (static_cast<Index>(declared) != bytes) fail_size(bytes, static_cast<Index>(declared), place);
  Bytes cells(unsigned_size(bytes));
  const int found = blosc_decompress_ctx(stored.data(), cells.data(), cells.size(), 1);
  if (found != bytes)
    fail(place, "a chunk compressed by blosc", "damaged contents (code " + std::to_string(found) + ")");
  return cells;
}

Bytes decode_zstd(std::span<const std::byte> stored, Index bytes, const Place& place) {
  const unsigned long long declared = ZSTD_getFrameContentSize(stored.data(), stored.size());
  if (declared == ZSTD_CONTENTSIZE_ERROR) fail(place, "a chunk compressed by zstd", "a damaged header");
  if (declared != ZSTD_CONTENTSIZE_UNKNOWN && declared != static_cast<unsigned long long>(bytes)) {
    fail(place, "a chunk of " + count(bytes), std::to_string(declared) + " bytes");
  }
  Bytes cells(unsigned_size(bytes));
  const std::size_t found = ZSTD_decompress(cells.data(), cells.size(), stored.data(), stored.size());
  if (ZSTD_isError(found) != 0) fail(place, "a chunk compressed by zstd", ZSTD_getErrorName(found));
  if (static_cast<Index>(found) != bytes) fail_size(bytes, static_cast<Index>(found), place);
  return cells;
}

using Deflate = std::unique_ptr<z_stream, int (*)(z_stream*)>;

void set_buffers(z_stream& stream, const std::byte* from, Index from_bytes, std::byte* to, Index to_bytes) {
  // zlib does not write through next_in.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(from));
  stream.avail_in = static_cast<uInt>(from_bytes);
  stream.next_out = reinterpret_cast<Bytef*>(to);
  stream.avail_out = static_cast<uInt>(to_bytes);
}

Bytes decode_deflate(std::span<const std::byte> stored, Index bytes, int window, const Place& place) {
  if (bytes / kMostDeflateRatio > std::ssize(stored)) {
    fail(place, "a chunk of " + count(bytes), "only " + count(std::ssize(stored)) + " compressed");
  }
  z_stream state = {};
  if (inflateInit2(&state, window) != Z_OK) fail(place, "memory for zlib", "none");
  const Deflate stream(&state, inflateEnd);
  Bytes cells(unsigned_size(bytes));
  set_buffers(state, stored.data(), std::ssize(stored), cells.data(), bytes);
  const int code = inflate(&state, Z_FINISH);
  if (code != Z_STREAM_END) {
    const bool longer = code == Z_BUF_ERROR && state.avail_out == 0;
    const std::string found = longer ? "more" : state.msg != nullptr ? state.msg : "a truncated stream";
    fail(place, "a chunk of " + count(bytes), found);
  }
  if (static_cast<Index>(state.total_out) != bytes) fail_size(bytes, static_cast<Index>(state.total_out), place);
  return cells;
}

Bytes encode_blosc(const Bytes& cells, const Metadata& metadata, const Place& place) {
  const ZarrCompressor& how = metadata.compressor;
  const int shuffle = how.shuffle == Shuffle::none    ? BLOSC_NOSHUFFLE
                      : how.shuffle == Shuffle::bytes ? BLOSC_SHUFFLE
                                                      : BLOSC_BITSHUFFLE;
  Bytes stored(cells.size() + BLOSC_MAX_OVERHEAD);
  const int size =
      blosc_compress_ctx(how.level, shuffle, unsigned_size(metadata.type.bytes), cells.size(), cells.data(),
                         stored.data(), stored.size(), how.inner.c_str(), unsigned_size(how.block_bytes), 1);
  if (size <= 0) fail(place, "a compressor that blosc was built with", "'" + to_string(how) + "'");
  stored.resize(unsigned_size(size));
  return stored;
}

/// With a checksum of the cells, which every reader of zstd compares.
Bytes encode_zstd(const Bytes& cells, int level, const Place& place) {
  const std::unique_ptr<ZSTD_CCtx, std::size_t (*)(ZSTD_CCtx*)> context(ZSTD_createCCtx(), ZSTD_freeCCtx);
  Bytes stored(ZSTD_compressBound(cells.size()));
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  const std::size_t size = ZSTD_compress2(context.get(), stored.data(), stored.size(), cells.data(), cells.size());
  if (ZSTD_isError(size) != 0) fail(place, "a chunk that zstd can compress", ZSTD_getErrorName(size));
  stored.resize(size);
  return stored;
}

Bytes encode_deflate(const Bytes& cells, int level, int window, const Place& place) {
  z_stream state = {};
  if (deflateInit2(&state, level, Z_DEFLATED, window, kZlibMemory, Z_DEFAULT_STRATEGY) != Z_OK) {
    fail(place, "a level that zlib knows", std::to_string(level));
  }
  const Deflate stream(&state, deflateEnd);
  Bytes stored(deflateBound(&state, static_cast<uLong>(cells.size())));
  set_buffers(state, cells.data(), std::ssize(cells), stored.data(), std::ssize(stored));
  if (deflate(&state, Z_FINISH) != Z_STREAM_END) fail(place, "a chunk that zlib can compress", "a failure of zlib");
  stored.resize(state.total_out);
  return stored;
}

/// Between the stored byte order and the machine's.
void swap_bytes(Bytes& cells, const ElementType& type) {
  if (type.big_endian == (std::endian::native == std::endian::big)) return;
  const Index word = type.kind == 'c' ? type.bytes / 2 : type.bytes;
  for (auto cell = cells.begin(); cell != cells.end(); cell += word) std::reverse(cell, cell + word);
}

Bytes decompress(std::span<const std::byte> stored, const Metadata& metadata, const Place& place) {
  const Index bytes = metadata.chunk_bytes();
  switch (metadata.compressor.kind) {
    case Kind::blosc: return decode_blosc(stored, bytes, place);
    case Kind::zstd: return decode_zstd(stored, bytes, place);
    case Kind::zlib: return decode_deflate(stored, bytes, kZlibWindow, place);
    case Kind::gzip: return decode_deflate(stored, bytes, kGzipWindow, place);
    case Kind::none: break;
  }
  return decode_plain(stored, bytes, place);
}

}  // namespace

Index most_stored_bytes(const Metadata& metadata) {
  constexpr Index kFrame = Index{1} << 16;
  const Index bytes = metadata.chunk_bytes();
  return bytes + bytes / 64 + kFrame;
}

Bytes decode_chunk(std::span<const std::byte> stored, const Metadata& metadata, const Place& place) {
  Bytes cells = decompress(stored, metadata, place);
  swap_bytes(cells, metadata.type);
  return cells;
}

Bytes encode_chunk(Bytes cells, const Metadata& metadata, const Place& place) {
  swap_bytes(cells, metadata.type);
  const ZarrCompressor& how = metadata.compressor;
  switch (how.kind) {
    case Kind::blosc: return encode_blosc(cells, metadata, place);
    case Kind::zstd: return encode_zstd(cells, how.level, place);
    case Kind::zlib: return encode_deflate(cells, how.level, kZlibWindow, place);
    case Kind::gzip: return encode_deflate(cells, how.level, kGzipWindow, place);
    case Kind::none: break;
  }
  return cells;
}

}  // namespace tessera::zarr
