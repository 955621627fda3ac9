#include "io/json_document.hpp"

#include <limits>

#include "tessera/core/error.hpp"

namespace tessera {

namespace {

constexpr int kDeepest = 32;
constexpr std::size_t kBrief = 60;
constexpr int kIndent = 4;

}  // namespace

Json parse_json(std::span<const std::byte> text, const Place& place) {
  const auto* begin = reinterpret_cast<const char*>(text.data());
  const auto limit_depth = [&](int depth, Json::parse_event_t, Json&) {
    if (depth > kDeepest) fail(place, "JSON of at most " + std::to_string(kDeepest) + " levels", "more");
    return true;
  };
  try {
    Json json = Json::parse(begin, begin + text.size(), limit_depth);
    if (!json.is_object()) fail(place, "a JSON object", json.type_name());
    return json;
  } catch (const Json::exception& error) {
    fail(place, "JSON", error.what());
  }
}

Bytes json_text(const Json& json, const Place& place) {
  try {
    // zarr-python reads ASCII alone.
    const std::string text = json.dump(kIndent, ' ', true);
    const auto* begin = reinterpret_cast<const std::byte*>(text.data());
    return Bytes(begin, begin + text.size());
  } catch (const Json::exception& error) {
    throw ArgumentError(to_string(place) + ": expected text in UTF-8, found " + error.what());
  }
}

const Json& member(const Json& json, const char* name, const Place& place) {
  const auto found = json.find(name);
  if (found == json.end()) fail(place, std::string("a member \"") + name + "\"", "none");
  return *found;
}

Index integer(const Json& json, const std::string& what, const Place& place) {
  const bool fits = json.is_number_integer() &&
                    (!json.is_number_unsigned() || json.get<std::uint64_t>() <= std::numeric_limits<Index>::max());
  if (!fits) fail(place, what + " to be an integer of 64 bits", brief(json));
  return json.get<Index>();
}

std::string brief(const Json& json) {
  const std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  return text.size() <= kBrief ? text : text.substr(0, kBrief) + "...";
}

}  // namespace tessera
