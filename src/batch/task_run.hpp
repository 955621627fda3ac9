#pragma once

/// \file
/// One attempt at a task, in this process.

#include <memory>
#include <string>

#include "batch/batch_folder.hpp"

namespace tessera::batch {

/// The function registered under a name; ArgumentError when there is none.
const TaskFunction& registered_task(const std::string& name);

/// Runs the task and commits its result. A failure is added to the task's failures; returns whether it succeeded.
/// Throws IoError when neither can be written. `communicator`: of the ranks that run the task together, which all call
/// this; null for a process alone.
bool run_attempt(const BatchFolder& batch, Index task, int attempt,
                 const std::shared_ptr<const Communicator>& communicator);

}  // namespace tessera::batch
