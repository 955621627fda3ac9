#include "tessera/core/threads.hpp"

#include <omp.h>
#include <sched.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
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

int available_cores() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  // Where the mask cannot be read (more cores than it holds), the processors online.
  return sched_getaffinity(0, sizeof(cores), &cores) == 0 ? CPU_COUNT(&cores) : omp_get_num_procs();
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
