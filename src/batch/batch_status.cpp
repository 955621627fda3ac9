#include <fmt/format.h>

#include "batch/batch_folder.hpp"
#include "batch/detached.hpp"
#include "batch/driver_lock.hpp"
#include "tessera/batch/batch.hpp"

namespace tessera::batch {

namespace {

/// Whether the last attempt, whichever run began it, has left no word yet.
bool at_work(const AttemptCount& attempts, const std::vector<FailedAttempt>& failures) {
  return attempts.all > 0 && (failures.empty() || failures.back().attempt < attempts.all);
}

}  // namespace

BatchStatus batch_status(const std::string& folder) {
  const BatchFolder batch(folder);
  BatchStatus status;
  status.tasks = batch.size();
  status.cancelled = batch.is_cancelled();
  status.driver = DriverLock::holder(folder);
  const bool driven = !status.driver.empty();
  const DetachedWork detached = detached_work(batch);
  status.jobs = detached.summary;
  for (Index task = 0; task < batch.size(); ++task) {
    if (batch.is_done(task)) {
      ++status.done;
      continue;
    }
    const AttemptCount attempts = batch.attempts(task);
    const std::vector<FailedAttempt> failures = batch.failures(task);
    if (!failures.empty()) status.failures.emplace_back(task, failures.back().message);
    if (attempts.none_left(batch.definition().retries)) {
      ++status.failed;
    } else if (detached.jobs > 0 ? detached.tasks.contains(task) && at_work(attempts, failures)
                                 : driven && attempts.unended > 0) {
      ++status.running;
    } else {
      ++status.waiting;
    }
  }
  return status;
}

std::vector<TaskUse> batch_use(const std::string& folder) {
  const BatchFolder batch(folder);
  std::vector<TaskUse> uses;
  for (Index task = 0; task < batch.size(); ++task) {
    if (const std::optional<TaskResult> result = batch.result(task)) uses.push_back(result->use);
  }
  return uses;
}

void cancel_batch(const std::string& folder) {
  const BatchFolder batch(folder);
  batch.set_cancelled(true);
  end_detached(batch);
}

}  // namespace tessera::batch
