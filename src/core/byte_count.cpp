#include "tessera/core/byte_count.hpp"

#include <limits>
#include <string>

#include "tessera/core/error.hpp"

namespace tessera::detail {

std::size_t bytes_of(Index size, std::size_t element_bytes) {
  if (size < 0) throw ArgumentError("expected at least 0 elements, got " + std::to_string(size));
  const auto elements = static_cast<std::size_t>(size);
  if (elements > std::numeric_limits<std::size_t>::max() / element_bytes) {
    throw ArgumentError(std::to_string(size) + " elements of " + std::to_string(element_bytes) +
                        " bytes are more than memory can hold");
  }
  return elements * element_bytes;
}

}  // namespace tessera::detail
