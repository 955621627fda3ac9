#pragma once

/// \file
/// Attributes as members of the JSON object ".zattrs". Private to the io room.

#include "io/json_document.hpp"
#include "tessera/io/array_info.hpp"

namespace tessera::zarr {

/// ArgumentError for numbers that are not finite.
Json attribute_to_json(const AttributeValue& value, const Place& place);
/// T: an alternative of AttributeValue. IoError when the value is of another type.
template <class T>
T attribute_from_json(const Json& json, const Place& place);

}  // namespace tessera::zarr
