#include "device_memory.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "errors.hpp"
#include "fail.hpp"
#include "settings.hpp"
#include "work_queue.hpp"

namespace tessera::emulation {

namespace {

/// As much as any access of a kernel needs; what an allocation has beyond its size is checked when it is freed.
constexpr std::size_t kAlignment = 16;
constexpr int kPoison = 0xff;
constexpr std::size_t kLargeBytes = 4 << 20;

struct Allocation {
  char* pages;  ///< those that may be touched, one that may not on either side
  std::size_t page_bytes;
  char* begin;  ///< at the end of the pages, so that an access past it is noticed at once
  std::size_t bytes;
  bool on_device;
  std::shared_ptr<Recording> recording;  ///< of the graph that it belongs to
};

/// By address.
std::map<const char*, Allocation>& allocations() {
  static std::map<const char*, Allocation> all;
  return all;
}

/// Pages.
struct Range {
  char* begin;
  std::size_t bytes;
};

int g_scopes = 0;
bool g_opens_when_touched = false;
std::vector<Range> g_open;
struct sigaction g_other_handler;

/// Device memory in use, and the most of it since that was last set to 0.
std::uint64_t g_used = 0, g_most_used = 0;

std::size_t page() { return static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }

std::size_t rounded(std::size_t bytes, std::size_t unit) { return (bytes + unit - 1) / unit * unit; }

std::size_t host_bytes() { return static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) * page(); }

void protect(const Range& pages, int protection) {
  if (mprotect(pages.begin, pages.bytes, protection) != 0) fail("mprotect of device memory");
}

/// The pages that the bytes lie on.
Range pages_of(const void* begin, std::size_t bytes) {
  char* const first = const_cast<char*>(static_cast<const char*>(begin));
  const std::size_t before = reinterpret_cast<std::uintptr_t>(begin) % page();
  return {first - before, rounded(bytes + before, page())};
}

/// Null where there is no such memory.
void* allocate(std::size_t bytes, bool on_device) {
  if (bytes > host_bytes()) return nullptr;
  const std::size_t rounded_bytes = rounded(bytes, kAlignment), page_bytes = rounded(rounded_bytes, page());
  void* map = mmap(nullptr, page_bytes + 2 * page(), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (map == MAP_FAILED) return nullptr;
  // Large pages take less time; where there are none it is done without.
  if (page_bytes >= kLargeBytes) madvise(map, page_bytes, MADV_HUGEPAGE);
  char* pages = static_cast<char*>(map) + page();
  const Allocation memory = {pages, page_bytes, pages + page_bytes - rounded_bytes, bytes, on_device, nullptr};
  if (!on_device || !settings().guard) protect({memory.pages, memory.page_bytes}, PROT_READ | PROT_WRITE);
  allocations().emplace(memory.begin, memory);
  return memory.begin;
}

bool is_poison(const char* begin, const char* end) {
  return std::all_of(begin, end, [](char byte) { return byte == static_cast<char>(kPoison); });
}

void release(const Allocation& memory) {
  protect({memory.pages, memory.page_bytes}, PROT_READ);
  const char* pages_end = memory.pages + memory.page_bytes;
  if (!is_poison(memory.pages, memory.begin) || !is_poison(memory.begin + memory.bytes, pages_end)) {
    fail("something was written beside an allocation of " + std::to_string(memory.bytes) + " bytes");
  }
  std::erase_if(g_open, [&](const Range& range) {
    return range.begin >= memory.pages && range.begin < memory.pages + memory.page_bytes;
  });
  munmap(memory.pages - page(), memory.page_bytes + 2 * page());
}

/// The allocation that `address` lies in; null: none.
const Allocation* find(const void* address) {
  const char* const at = static_cast<const char*>(address);
  const auto next = allocations().upper_bound(at);
  if (next == allocations().begin()) return nullptr;
  const Allocation& memory = std::prev(next)->second;
  return at < memory.begin + memory.bytes ? &memory : nullptr;
}

bool ends_within(const Allocation& memory, const void* address, std::size_t bytes) {
  return static_cast<const char*>(address) + bytes <= memory.begin + memory.bytes;
}

/// The allocation on whose pages `address` lies; null: none.
const Allocation* find_by_page(const void* address) {
  const char* const at = static_cast<const char*>(address);
  const auto holds = [at](const auto& entry) {
    return at >= entry.second.pages && at < entry.second.pages + entry.second.page_bytes;
  };
  const auto next = allocations().upper_bound(at);
  if (next != allocations().end() && holds(*next)) return &next->second;
  return next != allocations().begin() && holds(*std::prev(next)) ? &std::prev(next)->second : nullptr;
}

/// Of SIGSEGV. Kernels alone come here, and change no allocations meanwhile. Any other fault is left to happen again,
/// to whoever handled such before.
void open_what_is_touched(int, siginfo_t* fault, void*) {
  const Allocation* memory = g_opens_when_touched ? find_by_page(fault->si_addr) : nullptr;
  if (memory == nullptr || !memory->on_device) {
    sigaction(SIGSEGV, &g_other_handler, nullptr);
    return;
  }
  g_open.push_back({memory->pages, memory->page_bytes});
  protect(g_open.back(), PROT_READ | PROT_WRITE);
}

/// Once, when the first kernel runs: MPI has put its handler there before.
void take_faults() {
  [[maybe_unused]] static const bool taken = [] {
    struct sigaction handler = {};
    handler.sa_sigaction = open_what_is_touched;
    handler.sa_flags = SA_SIGINFO;
    return sigaction(SIGSEGV, &handler, &g_other_handler) == 0;
  }();
}

void poison(const Allocation& memory) {
  open_device_memory(memory.begin, memory.bytes);
  std::memset(memory.pages, kPoison, memory.page_bytes);
}

/// memmove that knows of device memory.
void move_bytes(void* to, const void* from, std::size_t bytes) {
  open_device_memory(to, bytes);
  open_device_memory(from, bytes);
  std::memmove(to, from, bytes);
}

}  // namespace

WorkScope::WorkScope() { ++g_scopes; }

WorkScope::~WorkScope() {
  if (--g_scopes > 0) return;
  for (const Range& pages : g_open) protect(pages, PROT_NONE);
  g_opens_when_touched = false;
  g_open.clear();
}

void open_device_memory() {
  if (!settings().guard) return;
  take_faults();
  g_opens_when_touched = true;
}

void open_device_memory(const void* begin, std::size_t bytes) {
  const Allocation* memory = find(begin);
  if (!settings().guard || memory == nullptr || !memory->on_device || bytes == 0) return;
  g_open.push_back(pages_of(begin, bytes));
  protect(g_open.back(), PROT_READ | PROT_WRITE);
}

}  // namespace tessera::emulation

using namespace tessera::emulation;

cudaError_t cudaMallocAsync(void** memory, std::size_t bytes, cudaStream_t stream) {
  *memory = allocate(bytes, true);
  if (*memory == nullptr) return remember(cudaErrorMemoryAllocation);
  g_used += bytes;
  g_most_used = std::max(g_most_used, g_used);
  allocations().at(static_cast<const char*>(*memory)).recording = recording_of(stream);
  // Late, as everything is: another stream that does not wait for the allocation loses what it wrote.
  put(stream, [memory = *find(*memory)] { poison(memory); });
  return cudaSuccess;
}

cudaError_t cudaFreeAsync(void* memory, cudaStream_t stream) {
  if (memory == nullptr) return cudaSuccess;
  const Allocation* found = find(memory);
  if (found == nullptr || found->begin != memory || !found->on_device) return remember(cudaErrorInvalidValue);
  if (const auto recording = recording_of(stream)) {
    // Stays for the next launch of the graph, but what it holds does not.
    if (found->recording != recording) return remember(cudaErrorInvalidValue);
    put(stream, [freed = *found] { poison(freed); });
    return cudaSuccess;
  }
  // What is allocated later on this stream may already have its place.
  g_used -= found->bytes;
  put(stream, [freed = *found] {
    if (allocations().erase(freed.begin) == 0) fail("device memory is freed twice");
    release(freed);
  });
  return cudaSuccess;
}

cudaError_t cudaMemPoolGetAttribute(cudaMemPool_t, cudaMemPoolAttr attribute, void* value) {
  if (attribute == cudaMemPoolAttrReleaseThreshold) return remember(cudaErrorInvalidValue);
  *static_cast<std::uint64_t*>(value) = attribute == cudaMemPoolAttrUsedMemHigh ? g_most_used : g_used;
  return cudaSuccess;
}

cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t, cudaMemPoolAttr attribute, void*) {
  if (attribute == cudaMemPoolAttrUsedMemHigh) g_most_used = 0;
  return cudaSuccess;
}

cudaError_t cudaMemPoolTrimTo(cudaMemPool_t, std::size_t) { return cudaSuccess; }

cudaError_t cudaHostAlloc(void** memory, std::size_t bytes, unsigned) {
  *memory = allocate(bytes, false);
  if (*memory == nullptr) return remember(cudaErrorMemoryAllocation);
  poison(*find(*memory));
  return cudaSuccess;
}

cudaError_t cudaFreeHost(void* memory) {
  if (memory == nullptr) return cudaSuccess;
  const Allocation* found = find(memory);
  if (found == nullptr || found->begin != memory || found->on_device) return remember(cudaErrorInvalidValue);
  const Allocation freed = *found;
  allocations().erase(freed.begin);
  release(freed);
  return cudaSuccess;
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind, cudaStream_t stream) {
  const Allocation *target = find(to), *source = find(from);
  if ((target != nullptr && !ends_within(*target, to, bytes)) ||
      (source != nullptr && !ends_within(*source, from, bytes))) {
    return remember(cudaErrorInvalidValue);
  }
  if (target != nullptr && source != nullptr) {
    put(stream, [=] { move_bytes(to, from, bytes); });
    return cudaSuccess;
  }
  // Pageable memory is read before the call returns, and so is it written.
  if (recording_of(stream) != nullptr) return remember(cudaErrorStreamCaptureUnsupported);
  if (target == nullptr) {
    finish(stream);
    const WorkScope scope;
    move_bytes(to, from, bytes);
  } else {
    const char* const begin = static_cast<const char*>(from);
    put(stream, [to, taken = std::vector<char>(begin, begin + bytes)] { move_bytes(to, taken.data(), taken.size()); });
  }
  return cudaSuccess;
}

cudaError_t cudaMemsetAsync(void* memory, int value, std::size_t bytes, cudaStream_t stream) {
  const Allocation* found = find(memory);
  if (found == nullptr || !ends_within(*found, memory, bytes)) return remember(cudaErrorInvalidValue);
  put(stream, [=] {
    open_device_memory(memory, bytes);
    std::memset(memory, value, bytes);
  });
  return cudaSuccess;
}
