#pragma once

/// \file
/// Chunks between the store and memory. Private to the io room.

#include "io/zarr_metadata.hpp"

namespace tessera::zarr {

/// Largest stored size of a chunk: compressors lengthen what they cannot compress, a little.
Index most_stored_bytes(const Metadata& metadata);

/// The cells of a chunk in the machine's byte order, exactly chunk_bytes() of them. IoError for anything that does not
/// decompress to that; sizes that the stored bytes declare, or could at most reach, are compared before memory is
/// taken.
Bytes decode_chunk(std::span<const std::byte> stored, const Metadata& metadata, const Place& place);

/// The opposite; takes the cells, which it may turn into the stored byte order.
Bytes encode_chunk(Bytes cells, const Metadata& metadata, const Place& place);

}  // namespace tessera::zarr
