#pragma once

/// \file
/// The member "fill_value" of ".zarray". Private to the io room.

#include "io/zarr_metadata.hpp"

namespace tessera::zarr {

/// The element that `value` stands for: a number, "NaN", "Infinity", "-Infinity", a truth value, [re, im], or null for
/// zeros. IoError when it is no value of the type.
std::array<std::byte, 2 * sizeof(double)> parse_fill_value(const Json& value, const ElementType& type,
                                                           const Place& place);
Json fill_value_to_json(std::span<const std::byte> element, const ElementType& type);

}  // namespace tessera::zarr
