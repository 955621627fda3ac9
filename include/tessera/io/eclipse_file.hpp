#pragma once

/// \file
/// The binary files of reservoir simulators in the format of Eclipse: unformatted restart (UNRST), INIT, EGRID and
/// summary files.

#include <cstdint>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "tessera/core/shape.hpp"

namespace tessera {

/// Type of an array in such a file, with its name there: INTE, REAL, DOUB, LOGI, CHAR or C0nn, MESS.
enum class EclipseType { integer, real, double_precision, logical, character, message };

/// One array: its keyword (without trailing blanks), its type and where it lies.
struct EclipseArray {
  std::string keyword;
  EclipseType type;
  Index count;         ///< elements
  Index element_size;  ///< bytes of one element
  Index offset;        ///< of its first record in the file
};

/// Reads the arrays of one file. The format: Fortran records (a length of 4 bytes, the content, the length again), big
/// endian. An array is a record of 16 bytes (keyword of 8 characters, count, type of 4 characters), then its elements
/// in records of up to 1000 (105 for character); any division into whole elements is read.
///
/// The whole file is walked through at construction, so that damage is found there: IoError names the file, the
/// keyword, what was expected and what was found. Nothing is allocated from a count that the file's size does not bear
/// out.
class EclipseFile {
 public:
  explicit EclipseFile(const std::string& path);
  /// Reads from a stream that can seek; `name` stands for the file in messages.
  EclipseFile(std::string name, std::unique_ptr<std::istream> stream);
  ~EclipseFile();
  EclipseFile(EclipseFile&&) noexcept;

  const std::string& name() const noexcept { return name_; }
  /// In the order of the file.
  const std::vector<EclipseArray>& arrays() const noexcept { return arrays_; }
  /// The first array of that keyword at or after position `first` and before position `last` of arrays(), or nullptr.
  const EclipseArray* find(const std::string& keyword, std::size_t first = 0, std::size_t last = SIZE_MAX) const;
  /// As find; throws IoError where there is none.
  const EclipseArray& array(const std::string& keyword, std::size_t first = 0, std::size_t last = SIZE_MAX) const;

  /// The values of an array of this file. Throw IoError when its type is another one (reals takes REAL and DOUB), or
  /// when it has not `expected` elements, where that is not negative.
  std::vector<std::int32_t> integers(const EclipseArray& array, Index expected = -1) const;
  std::vector<double> reals(const EclipseArray& array, Index expected = -1) const;
  /// Without trailing blanks.
  std::vector<std::string> strings(const EclipseArray& array, Index expected = -1) const;

 private:
  void scan();
  EclipseArray read_header(Index position, Index file_size);
  Index skip_records(const EclipseArray& array, Index file_size);
  std::vector<unsigned char> bytes(const EclipseArray& array) const;
  std::int32_t read_length(Index position) const;
  [[noreturn]] void fail(const std::string& what) const;
  void require(const EclipseArray& array, bool right_type, const std::string& expected_type, Index expected) const;

  std::string name_;
  std::unique_ptr<std::istream> stream_;
  std::vector<EclipseArray> arrays_;
};

}  // namespace tessera
