#include <fmt/format.h>

#include "batch/batch_folder.hpp"
#include "batch/driver_lock.hpp"
#include "tessera/batch/batch.hpp"

namespace tessera::batch {

BatchStatus batch_status(const std::string& folder) {
  const BatchFolder batch(folder);
  BatchStatus status;
  status.tasks = batch.size();
  status.cancelled = batch.is_cancelled();
  status.driver = DriverLock::holder(folder);
  const bool driven = !status.driver.empty();
  for (Index task = 0; task < batch.size(); ++task) {
    if (batch.is_done(task)) {
      ++status.done;
      continue;
    }
    const AttemptCount attempts = batch.attempts(task);
    const std::vector<FailedAttempt> failures = batch.failures(task);
    if (!failures.empty()) status.failures.emplace_back(task, failures.back().message);
    if (attempts.failed > batch.definition().retries) {
      ++status.failed;
    } else if (driven && attempts.unended > 0) {
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

void cancel_batch(const std::string& folder) { BatchFolder(folder).set_cancelled(true); }

}  // namespace tessera::batch
