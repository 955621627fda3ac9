#pragma once

/// \file
/// "Did you mean ...?"

#include <string>
#include <string_view>
#include <vector>

namespace tessera::cli {

/// Number of insertions, deletions, replacements and swaps of neighbours that turn one word into the other (Damerau's
/// distance in its restricted form).
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The known word nearest to `word`, the first among equals; empty when none is known.
std::string nearest(std::string_view word, const std::vector<std::string>& known);

}  // namespace tessera::cli
