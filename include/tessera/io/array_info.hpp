#pragma once

/// \file
/// What files of arrays say of their contents.

#include <string>
#include <variant>
#include <vector>

#include "tessera/core/shape.hpp"

namespace tessera {

/// What an attribute can hold. Strings are UTF-8, numbers 64-bit.
using AttributeValue = std::variant<Index, double, std::string, Shape, std::vector<double>, std::vector<std::string>>;

/// The array behind a name.
struct ArrayInfo {
  Shape shape;
  /// numpy's name: "float32", "float64", "complex64", "complex128", "int64", ...
  std::string scalar;
};

}  // namespace tessera
