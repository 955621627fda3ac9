/// Any bytes as a GRDECL file: every keyword is asked for, with a count that the data choose. Errors are IoError.

#include <set>

#include "tessera/core/error.hpp"
#include "tessera/io/grdecl_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const tessera::Index expected = size > 0 ? data[0] : 0;
  const tessera::GrdeclFile file("fuzz", std::string(reinterpret_cast<const char*>(data), size));
  const std::vector<std::string> keywords = file.keywords();
  for (const std::string& keyword : std::set<std::string>(keywords.begin(), keywords.end())) {
    try {
      file.values(keyword, expected);
    } catch (const tessera::IoError&) {
      // What damaged files are answered with.
    }
  }
  try {
    file.extents();
  } catch (const tessera::IoError&) {
    // As above.
  }
  return 0;
}
