#pragma once

/// \file
/// What a job of a cluster does.

#include <string>

#include "tessera/core/shape.hpp"

namespace tessera::batch {

/// Runs the tasks of one block that have no result, and returns the job's exit code: 0 when every one is done or has
/// failed for good, or nobody wants them any more; kRequeueCode when it was told to end before (SIGTERM). `slots`:
/// tasks at a time; 0: as many as the job has cores for on this node. While another process runs the same block, as
/// after a node that was lost comes back, the older one gives way.
int run_block(const std::string& folder, int slots, Index submission, Index element);

}  // namespace tessera::batch
