#pragma once

/// \file
/// Names of arrays that hold one sample each, as "{sample:04}/data" stands for "0000/data", "0001/data", ... Private to
/// the io room.

#include <optional>
#include <string>
#include <vector>

#include "tessera/core/shape.hpp"

namespace tessera::dataset {

/// Before and after the number, and the number of digits that zeros fill it to.
struct SamplePattern {
  std::string before, after;
  std::size_t digits;

  /// The name of a sample's array.
  std::string name(Index number) const;
  /// The group whose children the number tells apart.
  std::string group() const;
  /// The numbers among names in that group, in ascending order. Names of another form are passed over.
  std::vector<Index> numbers(const std::vector<std::string>& children) const;
};

/// The one {sample} or {sample:0<digits>} in a name; nothing where there is none.
std::optional<SamplePattern> find_sample_pattern(const std::string& name);

}  // namespace tessera::dataset
