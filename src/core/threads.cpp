#include "tessera/core/threads.hpp"

#include <omp.h>
#include <sched.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <memory>
#include <numeric>
#include <string>

#include "tessera/core/error.hpp"

namespace tessera {

namespace {

/// 0: not set yet.
int g_threads = 0;

}  // namespace

int thread_count() {
  if (g_threads == 0) g_threads = std::getenv("OMP_NUM_THREADS") != nullptr ? omp_get_max_threads() : 1;
  return g_threads;
}

void set_thread_count(int threads) {
  if (threads < 1) throw ArgumentError("set_thread_count: expected at least 1 thread, got " + std::to_string(threads));
  g_threads = threads;
}

std::vector<int> available_cores() {
  // The mask must be as long as the kernel's, which is not told beforehand.
  constexpr int kMost = 1 << 16;
  for (int count = CPU_SETSIZE; count <= kMost; count *= 2) {
    const std::unique_ptr<cpu_set_t, void (*)(cpu_set_t*)> mask(CPU_ALLOC(count),
                                                                [](cpu_set_t* set) { CPU_FREE(set); });
    const std::size_t bytes = CPU_ALLOC_SIZE(count);
    CPU_ZERO_S(bytes, mask.get());
    if (sched_getaffinity(0, bytes, mask.get()) != 0) continue;
    std::vector<int> cores;
    for (int core = 0; core < count; ++core) {
      if (CPU_ISSET_S(core, bytes, mask.get())) cores.push_back(core);
    }
    return cores;
  }
  // Where the mask cannot be read, the processors online.
  std::vector<int> cores(static_cast<std::size_t>(omp_get_num_procs()));
  std::iota(cores.begin(), cores.end(), 0);
  return cores;
}

void parallel_for(Index items, const std::function<void(Index item, int thread)>& body) {
  const int threads = static_cast<int>(std::min<Index>(items, thread_count()));
  if (threads <= 1) {
    for (Index item = 0; item < items; ++item) body(item, 0);
    return;
  }
  std::exception_ptr failure;
#pragma omp parallel for schedule(dynamic) num_threads(threads)
  for (Index item = 0; item < items; ++item) {
    // An exception may not leave a parallel region.
    try {
      body(item, omp_get_thread_num());
    } catch (...) {
#pragma omp critical
      if (!failure) failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace tessera
