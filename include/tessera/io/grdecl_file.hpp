#pragma once

/// \file
/// Text files of reservoir models (GRDECL): keywords, each with a list of values.

#include <string>
#include <string_view>
#include <vector>

#include "tessera/core/shape.hpp"

namespace tessera {

/// The numeric arrays of a GRDECL file. A keyword begins in the first column of a line; its values follow, separated by
/// white space or line breaks, up to a slash; n*v stands for n times v; "--" begins a comment. Keywords that nobody
/// asks for are passed over, whatever they hold. INCLUDE is not followed. All errors are IoError and name the file and
/// the line.
class GrdeclFile {
 public:
  explicit GrdeclFile(const std::string& path);
  /// Takes the text itself; `name` stands for the file in messages.
  GrdeclFile(std::string name, std::string text);

  const std::string& name() const noexcept { return name_; }
  bool has(const std::string& keyword) const { return find(keyword) != nullptr; }
  /// Keywords in the order of the file.
  std::vector<std::string> keywords() const;
  /// The values of a keyword, of its last appearance where there are several, as a simulator would take it. Throws
  /// IoError when it is missing, a value is no finite number, or there are not `expected` of them.
  std::vector<double> values(const std::string& keyword, Index expected) const;
  /// nx, ny, nz of SPECGRID or DIMENS; throws IoError when neither is there or they are no positive whole numbers.
  Shape extents() const;

 private:
  struct Section {
    std::string keyword;
    std::size_t begin;  ///< of the text after the keyword
    Index line;
  };

  void scan();
  const Section* find(const std::string& keyword) const;
  [[noreturn]] void fail(Index line, const std::string& what) const;

  std::string name_;
  std::string text_;
  std::vector<Section> sections_;
};

}  // namespace tessera
