#include "batch/detached.hpp"

#include <fmt/format.h>

#include "batch/slurm_submissions.hpp"

namespace tessera::batch {

void end_detached(const BatchFolder& batch) {
  if (has_slurm_jobs(batch)) cancel_slurm_jobs(batch);
}

DetachedWork detached_work(const BatchFolder& batch) {
  DetachedWork work;
  if (!has_slurm_jobs(batch)) return work;
  try {
    const SlurmWork slurm = slurm_work(batch);
    for (const Block& block : slurm.running) work.tasks.insert(block.begin(), block.end());
    work.jobs = slurm.jobs_running + slurm.jobs_waiting;
    if (work.jobs > 0)
      work.summary = fmt::format("{} jobs running, {} waiting", slurm.jobs_running, slurm.jobs_waiting);
  } catch (const IoError& error) {
    work.summary = error.what();
  }
  return work;
}

}  // namespace tessera::batch
