#pragma once

/// \file
/// The request for the jobs of a batch.

#include <string>
#include <vector>

#include "batch/slurm_submissions.hpp"
#include "tessera/batch/engine.hpp"

namespace tessera::batch {

/// Exit code of a job that was told to end before its tasks were done; clusters may requeue it (RequeueExit=75).
inline constexpr int kRequeueCode = 75;

/// What all jobs of a batch have in common: the settings with nothing left open.
struct JobShape {
  int slots = 1;
  Index tasks_per_job = 1;
  double time_limit = 0.0;  ///< seconds; 0: the partition's
};

/// `cores`: of a node, where whole nodes are asked for.
JobShape job_shape(const SlurmSettings& settings, const BatchDefinition& definition, Index tasks, int cores);

/// Tasks in their order, so many a job.
std::vector<Block> into_blocks(const std::vector<Index>& tasks, Index tasks_per_job);

/// The text of slurm/job.sh: called with the number of the submission.
std::string job_script(const SlurmSettings& settings, const BatchFolder& batch);

/// sbatch and its words for an array of so many elements.
std::vector<std::string> submit_command(const SlurmSettings& settings, const BatchFolder& batch, const JobShape& shape,
                                        const std::string& name, Index submission, Index elements);

}  // namespace tessera::batch
