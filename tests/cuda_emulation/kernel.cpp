#include "emulation/kernel.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <random>
#include <vector>

#include "block.hpp"
#include "device_memory.hpp"
#include "emulation/shared_variable.hpp"
#include "errors.hpp"
#include "fail.hpp"
#include "settings.hpp"
#include "work_queue.hpp"

namespace tessera::emulation {

namespace {

constexpr unsigned kMostThreads = 1024;
constexpr unsigned kMostBlocksAcross = 0x7fffffff;
constexpr unsigned kMostBlocksDown = 0xffff;
/// Of every device since compute capability 8.0, without and with cudaFuncSetAttribute.
constexpr std::size_t kSharedBytes = 48 * 1024;
constexpr std::size_t kMostSharedBytes = 163 * 1024;

std::map<const void*, std::size_t> g_allowed_shared_bytes;
unsigned long long g_block_number = 0;
char* g_dynamic_memory = nullptr;
SharedVariable* g_last_begun = nullptr;

Block& block() {
  static Block the_block;
  return the_block;
}

/// The last kMostSharedBytes before a page that may not be touched.
char* map_dynamic_memory() {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const std::size_t bytes = (kMostSharedBytes + page - 1) / page * page;
  void* memory = mmap(nullptr, bytes + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  char* const end = static_cast<char*>(memory) + bytes;
  if (memory == MAP_FAILED || mprotect(end, page, PROT_NONE) != 0) fail("no memory for shared memory");
  return end - kMostSharedBytes;
}

bool is_positive(const dim3& extent) { return extent.x > 0 && extent.y > 0 && extent.z > 0; }

bool fits(const Grid& grid) {
  const dim3& blocks = grid.blocks;
  const dim3& threads = grid.threads;
  return is_positive(blocks) && is_positive(threads) && blocks.x <= kMostBlocksAcross && blocks.y <= kMostBlocksDown &&
         blocks.z <= kMostBlocksDown && std::size_t{threads.x} * threads.y * threads.z <= kMostThreads &&
         threads.z <= 64;
}

/// Numbers of the blocks in the order in which they run.
std::vector<std::size_t> block_order(std::size_t blocks) {
  static std::mt19937 random;
  std::vector<std::size_t> order(blocks);
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (settings().order == Order::reverse) std::reverse(order.begin(), order.end());
  if (settings().order == Order::random) std::shuffle(order.begin(), order.end(), random);
  return order;
}

}  // namespace

cudaError_t allow_shared_bytes(const void* kernel, int bytes) {
  if (bytes < 0 || static_cast<std::size_t>(bytes) > kMostSharedBytes) return remember(cudaErrorInvalidValue);
  g_allowed_shared_bytes[kernel] = static_cast<std::size_t>(bytes);
  return cudaSuccess;
}

cudaError_t put_kernel(cudaStream_t stream, const void* kernel, const Grid& grid, std::function<void()> body) {
  if (!fits(grid)) return remember(cudaErrorInvalidConfiguration);
  const auto allowed = g_allowed_shared_bytes.find(kernel);
  const std::size_t most = allowed == g_allowed_shared_bytes.end() ? kSharedBytes : allowed->second;
  if (grid.shared_bytes > std::max(most, kSharedBytes)) return remember(cudaErrorInvalidValue);
  put(stream, [grid, body = std::move(body)] {
    open_device_memory();
    run_grid(grid, body);
  });
  return cudaSuccess;
}

void run_grid(const Grid& grid, const std::function<void()>& body) {
  const dim3& blocks = grid.blocks;
  // At the end, so that what goes beyond it is noticed.
  static char* const all = map_dynamic_memory();
  const std::size_t dynamic_bytes = (grid.shared_bytes + 15) / 16 * 16;
  g_dynamic_memory = all + kMostSharedBytes - dynamic_bytes;
  for (const std::size_t number : block_order(std::size_t{blocks.x} * blocks.y * blocks.z)) {
    ++g_block_number;
    std::memset(g_dynamic_memory, 0xff, dynamic_bytes);
    block().run(grid,
                {static_cast<unsigned>(number % blocks.x), static_cast<unsigned>(number / blocks.x % blocks.y),
                 static_cast<unsigned>(number / blocks.x / blocks.y)},
                body);
  }
}

void* dynamic_memory() { return g_dynamic_memory; }

void wait_for_block() { block().wait_for_block(); }

void wait_for_warp(unsigned lanes, const char* call) { block().wait_for_warp(lanes, call); }

int lane() { return block().lane(); }

const std::byte* show_to_warp(unsigned lanes, const char* call, const void* mine, std::size_t bytes) {
  return block().show_to_warp(lanes, call, mine, bytes);
}

void SharedVariable::begin() {
  g_last_begun = this;
  if (block_ != g_block_number) poison();
}

void SharedVariable::bind(void* address, std::size_t bytes) {
  g_last_begun->address_ = address;
  g_last_begun->bytes_ = bytes;
  g_last_begun->poison();
}

void SharedVariable::poison() {
  block_ = g_block_number;
  if (address_ != nullptr) std::memset(address_, 0xff, bytes_);
}

}  // namespace tessera::emulation
