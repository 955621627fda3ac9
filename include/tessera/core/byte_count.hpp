#pragma once

/// \file
/// Sizes of arrays in bytes.

#include <cstddef>

#include "tessera/core/shape.hpp"

namespace tessera::detail {

/// `size` elements in bytes; throws ArgumentError when `size` is negative or the product overflows.
std::size_t bytes_of(Index size, std::size_t element_bytes);

}  // namespace tessera::detail
