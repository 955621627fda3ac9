#pragma once

/// \file
/// Threads of one rank.

#include <functional>
#include <vector>

#include "tessera/core/shape.hpp"

namespace tessera {

/// Threads this rank computes with. Until set_thread_count is called: OMP_NUM_THREADS where the environment holds it,
/// else 1.
int thread_count();

/// Throws ArgumentError when `threads` < 1.
void set_thread_count(int threads);

/// Numbers of the cores this process may run on, ascending (its affinity mask, which mpirun's binding sets).
std::vector<int> available_cores();

/// Calls body(item, thread) once for every item in [0, items), `thread` in [0, thread_count()) telling which thread
/// runs it; items are handed out one by one. The first exception thrown by a body is rethrown when all threads are
/// done. Bodies must not communicate and must not call parallel_for.
void parallel_for(Index items, const std::function<void(Index item, int thread)>& body);

}  // namespace tessera
