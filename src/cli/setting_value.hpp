#pragma once

/// \file
/// Values of keys as text.

#include <optional>
#include <string>
#include <string_view>

#include "settings.hpp"

namespace tessera::cli {

/// Reads text as the same alternative as `like`: "12", "1e-3", "true", any text, "1,1,2". Nothing when it is not one.
std::optional<Value> parse_value(std::string_view text, const Value& like);

/// As parse_value reads it; numbers with as many digits as it takes to read them back exactly.
std::string format_value(const Value& value);

/// As TOML reads it: strings quoted, lists in brackets.
std::string format_toml(const Value& value);

}  // namespace tessera::cli
