#include "io/place.hpp"

#include "tessera/core/error.hpp"

namespace tessera {

std::string to_string(const Place& place) {
  return std::string(place.operation) + " " + place.path + (place.object.empty() ? "" : ":" + place.object);
}

void fail(const Place& place, const std::string& expected, const std::string& found) {
  throw IoError(to_string(place) + ": expected " + expected + ", found " + found);
}

}  // namespace tessera
