#pragma once

/// \file
/// Where an operation on a file works, for its messages. Private to the io room.

#include <string>

#include "tessera/core/shape.hpp"

namespace tessera {

/// "read_tile run.h5:output". Every message of the room begins with it.
struct Place {
  const char* operation;
  std::string path;
  std::string object = {};
};

std::string to_string(const Place& place);

/// Throws IoError "<place>: expected <expected>, found <found>".
[[noreturn]] void fail(const Place& place, const std::string& expected, const std::string& found);

}  // namespace tessera
