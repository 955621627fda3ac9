#pragma once

/// \file
/// What goes on of a batch without its driver: jobs of a cluster.

#include <set>
#include <string>

#include "batch/batch_folder.hpp"

namespace tessera::batch {

/// Ends the jobs, where there are any. IoError where the cluster cannot be reached.
void end_detached(const BatchFolder& batch);

struct DetachedWork {
  Index jobs = 0;              ///< that have not ended; where there are some, they, not a driver, tell what runs
  std::set<Index> tasks = {};  ///< of jobs that run
  std::string summary = {};    ///< "2 jobs running, 7 waiting"; empty where there are none; or why they cannot be seen
};
/// No jobs where the cluster cannot be reached.
DetachedWork detached_work(const BatchFolder& batch);

}  // namespace tessera::batch
