#pragma once

/// \file
/// How the chunks of a Zarr array are compressed.

#include <string>

namespace tessera {

/// A compressor of the Zarr v2 specification, as numcodecs names and parametrises it.
struct ZarrCompressor {
  enum class Kind { none, blosc, zstd, zlib, gzip };
  /// What blosc does with the bytes of neighbouring values first: nothing, sorts them by significance, or their bits.
  enum class Shuffle { none, bytes, bits };

  Kind kind = Kind::blosc;
  int level = 5;
  /// Of blosc: "lz4", "lz4hc", "zstd", "zlib" or "blosclz", and its blocks (0: as it thinks best).
  std::string inner = "lz4";
  Shuffle shuffle = Shuffle::bytes;
  int block_bytes = 0;

  friend bool operator==(const ZarrCompressor&, const ZarrCompressor&) = default;
};

/// From "none", "zstd", "zlib", "gzip" or "blosc-<inner>", the last with "-bitshuffle" or "-noshuffle" behind it where
/// bytes are not to be shuffled, each but the first with ":<level>" (0 to 9; zstd 1 to 22): "blosc-zstd-bitshuffle:7".
/// ConfigError for anything else. Local.
ZarrCompressor parse_compressor(const std::string& text);
/// The text that parse_compressor reads back.
std::string to_string(const ZarrCompressor& compressor);

}  // namespace tessera
