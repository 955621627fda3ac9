#include "tessera/io/zarr_compressor.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "tessera/core/error.hpp"

namespace tessera {

namespace {

using Kind = ZarrCompressor::Kind;
using Shuffle = ZarrCompressor::Shuffle;

constexpr std::string_view kBlosc = "blosc-";
constexpr std::string_view kBitShuffle = "-bitshuffle";
constexpr std::string_view kNoShuffle = "-noshuffle";
constexpr std::array<std::string_view, 5> kInner = {"lz4", "lz4hc", "zstd", "zlib", "blosclz"};
constexpr int kMostLevel = 9, kMostZstdLevel = 22;

[[noreturn]] void refuse(const std::string& text) {
  throw ConfigError(
      "compressor: expected none, zstd, zlib, gzip or blosc-lz4, -lz4hc, -zstd, -zlib, -blosclz (then, if "
      "wished, -bitshuffle or -noshuffle) with an optional :level, found '" +
      text + "'");
}

bool remove_suffix(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.remove_suffix(suffix.size());
  return true;
}

void parse_level(const std::string& text, std::string_view digits, ZarrCompressor& compressor) {
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), compressor.level);
  const bool zstd = compressor.kind == Kind::zstd;
  if (failure != std::errc() || end != digits.data() + digits.size() || compressor.level < (zstd ? 1 : 0) ||
      compressor.level > (zstd ? kMostZstdLevel : kMostLevel)) {
    refuse(text);
  }
}

}  // namespace

ZarrCompressor parse_compressor(const std::string& text) {
  const std::size_t colon = text.find(':');
  std::string_view name = std::string_view(text).substr(0, colon);
  ZarrCompressor result;
  if (name == "none") {
    result.kind = Kind::none;
    if (colon != std::string::npos) refuse(text);
  } else if (name == "zstd") {
    result.kind = Kind::zstd;
  } else if (name == "zlib") {
    result.kind = Kind::zlib;
  } else if (name == "gzip") {
    result.kind = Kind::gzip;
  } else if (name.starts_with(kBlosc)) {
    name.remove_prefix(kBlosc.size());
    if (remove_suffix(name, kBitShuffle))
      result.shuffle = Shuffle::bits;
    else if (remove_suffix(name, kNoShuffle))
      result.shuffle = Shuffle::none;
    result.inner = name;
    if (std::find(kInner.begin(), kInner.end(), name) == kInner.end()) refuse(text);
  } else {
    refuse(text);
  }
  if (colon != std::string::npos) parse_level(text, std::string_view(text).substr(colon + 1), result);
  return result;
}

std::string to_string(const ZarrCompressor& compressor) {
  const std::string level = ":" + std::to_string(compressor.level);
  switch (compressor.kind) {
    case Kind::none: return "none";
    case Kind::zstd: return "zstd" + level;
    case Kind::zlib: return "zlib" + level;
    case Kind::gzip: return "gzip" + level;
    case Kind::blosc: break;
  }
  std::string text = std::string(kBlosc) + compressor.inner;
  if (compressor.shuffle == Shuffle::bits) text += kBitShuffle;
  if (compressor.shuffle == Shuffle::none) text += kNoShuffle;
  return text + level;
}

}  // namespace tessera
