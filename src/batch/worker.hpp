#pragma once

/// \file
/// The program as a worker: what it does when it was started to run tasks.

#include <string>
#include <vector>

#include "tessera/core/shape.hpp"

namespace tessera::batch {

/// First argument of a program that is started as a worker; then come
///   host <folder> <slots>             runs the tasks that standard input orders, reports on standard output
///   block <folder> <slots> <submission> <element>   runs the tasks of a job of a cluster
///   ranks <folder> <task> <attempt>   runs one attempt on all ranks of an MPI launcher
inline constexpr const char* kWorkerWord = "--tessera-batch-worker";
/// In the environment of workers and their tasks.
inline constexpr const char* kWorkerVariable = "TESSERA_BATCH_WORKER";

/// Throws ConfigError in a worker whose program did not hand over to run_program: it would start itself without end.
void require_no_worker();

/// Forgets that this process was started by an MPI launcher, so that programs it starts may start MPI by themselves.
void leave_launcher();

/// "0-3,7,9-10"
std::string to_ranges(const std::vector<Index>& tasks);
/// IoError when the text is none.
std::vector<Index> from_ranges(const std::string& text);

}  // namespace tessera::batch
