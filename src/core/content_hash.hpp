#pragma once

/// \file
/// Names of contents.

#include <string>
#include <string_view>

namespace tessera {

/// XXH3, 128 bits, in 32 hexadecimal digits: tells contents apart and finds damage; no protection against forgery.
std::string content_hash(std::string_view bytes);

}  // namespace tessera
