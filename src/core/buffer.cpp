#include "tessera/core/buffer.hpp"

#include <sys/mman.h>

#include <cstdlib>
#include <new>
#include <string>

#include "tessera/core/error.hpp"

namespace tessera::detail {

namespace {
constexpr std::size_t kAlignment = 64;

/// From this size on memory is asked for in huge pages: passes over it then miss the TLB a few hundred times less.
constexpr std::size_t kHugePage = std::size_t{2} << 20;
constexpr std::size_t kLarge = 4 * kHugePage;
}  // namespace

void* allocate_aligned(std::size_t bytes) {
  if (bytes == 0) return nullptr;
  const std::size_t alignment = bytes >= kLarge ? kHugePage : kAlignment;
  const std::size_t rounded = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  void* memory =
      rounded < bytes ? nullptr : std::aligned_alloc(alignment, (rounded + alignment - 1) / alignment * alignment);
  if (memory == nullptr) throw ArgumentError("Buffer: the machine refused " + std::to_string(bytes) + " bytes");
  // Advice only: a kernel without huge pages ignores it.
  if (bytes >= kLarge) madvise(memory, rounded / kHugePage * kHugePage, MADV_HUGEPAGE);
  return memory;
}

void free_aligned(void* memory) noexcept { std::free(memory); }

}  // namespace tessera::detail
