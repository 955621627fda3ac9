/// Any bytes as an Eclipse result file: every array is read, as steps and as a grid, too. Errors are IoError.

#include <sstream>

#include "tessera/core/error.hpp"
#include "tessera/io/eclipse_results.hpp"

namespace {

template <class Body>
void may_fail(const Body& body) {
  try {
    body();
  } catch (const tessera::IoError&) {
    // What damaged files are answered with.
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  may_fail([&] {
    const tessera::EclipseFile file(
        "fuzz", std::make_unique<std::istringstream>(std::string(reinterpret_cast<const char*>(data), size)));
    for (const tessera::EclipseArray& array : file.arrays()) {
      may_fail([&] { file.integers(array); });
      may_fail([&] { file.reals(array); });
      may_fail([&] { file.strings(array); });
    }
    may_fail([&] { tessera::read_eclipse_steps(file); });
    may_fail([&] { tessera::read_eclipse_grid(file); });
  });
  return 0;
}
