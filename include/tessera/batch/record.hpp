#pragma once

/// \file
/// What goes into a task and what comes out of it: named values that can be written to disk.

#include <initializer_list>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "tessera/core/error.hpp"
#include "tessera/core/shape.hpp"

namespace tessera::batch {

/// Data stored once for all tasks of a batch (see Batch::broadcast), named by its contents.
struct Reference {
  /// XXH3 (128 bits) of the contents, in hexadecimal.
  std::string hash;
  Index bytes = 0;

  friend bool operator==(const Reference&, const Reference&) = default;
};

using Value = std::variant<bool, Index, double, std::string, std::vector<Index>, std::vector<double>,
                           std::vector<std::string>, Reference>;

/// Values by name, in alphabetical order. Stored as a JSON object; numbers keep all their digits, and the numbers JSON
/// lacks are the strings "NaN", "Infinity" and "-Infinity".
class Record {
 public:
  Record() = default;
  Record(std::initializer_list<std::pair<const std::string, Value>> values) : values_(values) {}

  void set(const std::string& name, Value value) { values_[name] = std::move(value); }
  bool has(const std::string& name) const { return values_.contains(name); }
  const std::map<std::string, Value>& values() const noexcept { return values_; }

  /// T: an alternative of Value. Integers are also read as double, a single number or string as a list of one.
  /// ArgumentError when there is no such value or it is of another type.
  template <class T>
  T get(const std::string& name) const;
  /// The same, or `otherwise` where there is no such value.
  template <class T>
  T get(const std::string& name, const T& otherwise) const {
    return has(name) ? get<T>(name) : otherwise;
  }

  /// On one line.
  std::string to_json() const;
  /// IoError beginning with `what` when the text is no object of such values.
  static Record from_json(const std::string& text, const std::string& what);

  friend bool operator==(const Record&, const Record&) = default;

 private:
  std::map<std::string, Value> values_;
};

/// A value as it would stand in a command line: numbers and strings as they are, lists with commas.
std::string to_string(const Value& value);

}  // namespace tessera::batch
