#include "tessera/core/buffer.hpp"

#include <cstdlib>
#include <new>
#include <string>

#include "tessera/core/error.hpp"

namespace tessera::detail {

namespace {
constexpr std::size_t kAlignment = 64;
}

void* allocate_aligned(std::size_t bytes) {
  if (bytes == 0) return nullptr;
  const std::size_t rounded = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  void* memory = rounded < bytes ? nullptr : std::aligned_alloc(kAlignment, rounded);
  if (memory == nullptr) throw ArgumentError("Buffer: the machine refused " + std::to_string(bytes) + " bytes");
  return memory;
}

void free_aligned(void* memory) noexcept { std::free(memory); }

}  // namespace tessera::detail
