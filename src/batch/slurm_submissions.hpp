#pragma once

/// \file
/// What has been submitted for a batch, as the folder remembers it. In the batch's folder:
///
///   engine.json            tag, and the submissions whose jobs may not have ended
///   slurm/job.sh           what every job runs
///   slurm/blocks-3         the tasks of the jobs of submission 3: line i is element i of its array
///   slurm/owner-3-7        the process that runs element 7 now
///   slurm/job-12_7.log     what the job printed
///   slurm/submissions.log  the commands
///
/// A submission is written down before sbatch is called, and its number in Slurm after. Where the second is missing,
/// the name of its jobs, which is unique, tells whether it took place; and one that is forgotten has no blocks any
/// more, so that a job of it that turns up nevertheless finds nothing to do.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "batch/batch_folder.hpp"
#include "batch/slurm_client.hpp"

namespace tessera::batch {

/// The tasks of one job.
using Block = std::vector<Index>;

class SlurmSubmissions {
 public:
  /// What is in the folder; with a new tag where there is nothing.
  explicit SlurmSubmissions(const BatchFolder& batch, const std::string& name = "");

  /// Numbers of the submissions whose jobs may not have ended.
  std::vector<Index> open() const;
  std::vector<std::string> names() const;
  std::string name(Index submission) const;
  /// Its number in Slurm; 0 while unknown.
  Index array(Index submission) const { return arrays_.at(submission); }
  /// The submission of which this is a job, where it is one.
  std::optional<Index> submission_of(const QueuedJob& job) const;

  /// Before and after sbatch.
  Index begin(const std::vector<Block>& blocks);
  void submitted(Index submission, Index array, const std::string& command);
  /// Its jobs have ended, or never were.
  void forget(Index submission);

 private:
  void save() const;

  BatchFolder batch_;
  std::string prefix_;
  Index next_ = 1;
  std::map<Index, Index> arrays_;
};

std::string slurm_file(const BatchFolder& batch, const std::string& name);
/// Nothing where the submission has been forgotten.
std::optional<std::vector<Block>> blocks_of(const BatchFolder& batch, Index submission);
std::string owner_path(const BatchFolder& batch, Index submission, Index element);

/// Ends the jobs of a batch, whether anybody drives it or not.
void cancel_slurm_jobs(const BatchFolder& batch);
/// Whether jobs have been submitted for it.
bool has_slurm_jobs(const BatchFolder& batch);

struct SlurmWork {
  std::vector<Block> running = {};  ///< blocks whose jobs run
  Index jobs_running = 0, jobs_waiting = 0;
};
SlurmWork slurm_work(const BatchFolder& batch);

}  // namespace tessera::batch
