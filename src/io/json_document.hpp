#pragma once

/// \file
/// JSON text that nobody vouches for. Private to the io room.

#include <nlohmann/json.hpp>

#include "io/place.hpp"
#include "tessera/io/object_store.hpp"

namespace tessera {

using Json = nlohmann::ordered_json;

/// Largest JSON object read from a store.
inline constexpr Index kMostJsonBytes = Index{1} << 26;

/// Parses an object `{...}`. IoError when the text is no JSON, is cut short, or nests deeper than 32 levels.
Json parse_json(std::span<const std::byte> text, const Place& place);
/// Indented text. ArgumentError when a string is not UTF-8.
Bytes json_text(const Json& json, const Place& place);

/// A member of an object. IoError when there is none.
const Json& member(const Json& json, const char* name, const Place& place);
/// An integer of 64 bits; IoError for anything else, 1.0 included. `what` names it in the message.
Index integer(const Json& json, const std::string& what, const Place& place);
/// The text of a short value, for messages.
std::string brief(const Json& json);

}  // namespace tessera
