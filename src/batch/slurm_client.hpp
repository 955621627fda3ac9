#pragma once

/// \file
/// Slurm's programs. All throw IoError where Slurm cannot be reached.

#include <map>
#include <string>
#include <vector>

#include "tessera/core/shape.hpp"

namespace tessera::batch {

/// A job of an array, as the queue knows it.
struct QueuedJob {
  Index array = 0;  ///< the array's number
  Index element = 0;
  std::string name = {};
  std::string state = {};   ///< "PENDING", "RUNNING", "COMPLETING", ...
  std::string reason = {};  ///< why it waits

  bool running() const { return state != "PENDING"; }
};

/// Submits by these words, beginning with sbatch; returns the array's number. ConfigError with the words of sbatch when
/// it refuses them.
Index submit_jobs(const std::vector<std::string>& argv);
/// Jobs of these names that have not ended.
std::vector<QueuedJob> queued_jobs(const std::vector<std::string>& names);
/// What Slurm still says of the elements of an array that have ended: "FAILED (NonZeroExitCode), exit code 1". Slurm
/// forgets an array soon after its end. Never throws for that.
std::map<Index, std::string> ended_jobs(Index array);
/// Ends all jobs of these names.
void cancel_jobs(const std::vector<std::string>& names);
/// Most elements of an array.
Index largest_array();
/// Cores of the smallest node of a partition, or of the default one.
int cores_of_node(const std::string& partition);

/// Whether a job that waits for this reason will wait for ever unless somebody changes something.
bool waits_in_vain(const std::string& reason);

/// From what squeue and scontrol print; lines that are not understood are left out.
std::vector<QueuedJob> parse_queue(const std::string& text);
std::map<Index, std::string> parse_ended(const std::string& text);

}  // namespace tessera::batch
