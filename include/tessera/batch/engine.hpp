#pragma once

/// \file
/// Where the tasks of a batch run.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tessera/batch/record.hpp"
#include "tessera/comm/communicator.hpp"

namespace tessera::batch {

class BatchFolder;

/// The end of the work on a task: done, or failed with no attempts left.
struct Outcome {
  Index task;
  bool done;
};

/// Runs the tasks of one batch. Used by Batch alone.
class Engine {
 public:
  virtual ~Engine() = default;

  /// What make_engine needs to make it again.
  virtual Record describe() const = 0;
  /// Ranks that take part in calling the members below, all at once; null where one process is enough.
  virtual const Communicator* callers() const { return nullptr; }
  /// Whether start finds what an earlier driver of the batch has left at work.
  virtual bool attaches() const { return false; }
  /// Begins work on these tasks.
  virtual void start(const BatchFolder& batch, const std::vector<Index>& tasks) = 0;
  /// Tasks that are over and were not returned before; waits up to `seconds` while there are none. Throws IoError when
  /// the engine itself has broken down.
  virtual std::vector<Outcome> collect(double seconds) = 0;
  /// To be told during a call of collect that takes long how many tasks of the batch are done; empty: nobody.
  virtual void watch(std::function<void(Index done)>) {}
  /// The driver leaves: its processes end, and unfinished tasks stay without a result. Jobs of a cluster go on.
  virtual void stop() = 0;
};

/// Processes of this machine, side by side.
struct LocalSettings {
  /// Tasks at a time; 0: as many as there are cores for their threads and ranks.
  int slots = 0;
};
std::unique_ptr<Engine> local_engine(const LocalSettings& settings = {});

/// Groups of ranks of a running MPI program, one task per group at a time. Tasks run inside the program: one that
/// crashes ends it, and one that exceeds its time limit makes it abort; resume goes on. The first wait runs all tasks
/// and is collective over `world`; ranks that fill no group take no part in tasks.
std::unique_ptr<Engine> mpi_engine(std::shared_ptr<const Communicator> world);

/// What the jobs of a Slurm cluster are like. Threads, ranks and the time limit of a task are those of TaskSettings.
struct SlurmSettings {
  /// Empty: the cluster's default.
  std::string partition = {};
  /// Tasks that one job (an element of an array) runs; 0: enough for its slots, and at most kMostJobs jobs.
  Index tasks_per_job = 0;
  /// Tasks at a time in a job; 0: as many as the cores of a whole node hold, else 1.
  int slots = 0;
  /// Nodes of a task, and of its job. More than one: one task at a time.
  int nodes = 1;
  /// Whole nodes.
  bool exclusive = false;
  /// Seconds a job may take; 0: what its tasks may take at their limit, or the partition's default where they have
  /// none.
  double time_limit = 0.0;
  /// Jobs at a time; 0: as many as the cluster has room for.
  int jobs_at_a_time = 0;
  /// Further jobs for a task whose job has gone without a word on it.
  int resubmissions = 3;
  /// Seconds between looks at the queue.
  double poll_interval = 5.0;
  /// Jobs are named <name>-<tag of the batch>-<number of the submission>.
  std::string name = "tessera";
  /// Further words for sbatch, for example {"--account=physics", "--mem=8G"}.
  std::vector<std::string> options = {};

  static constexpr Index kMostJobs = 256;

  /// Throws ConfigError naming the setting.
  void validate() const;
  Record to_record() const;
  static SlurmSettings from_record(const Record& record);
};

/// Job arrays of a Slurm cluster, by sbatch, squeue, scontrol and scancel. The folder of the batch and the program must
/// be found under the same paths on the nodes; the environment goes along. Jobs outlive their driver: when it ends, by
/// whatever means, they go on, and Batch::resume or map attach to them; cancel_batch ends them. A job that has gone
/// without a word on some of its tasks is followed by another one, a bounded number of times.
/// ConfigError with the words of sbatch for a request that it refuses, IoError where Slurm cannot be reached.
std::unique_ptr<Engine> slurm_engine(const SlurmSettings& settings = {});

/// The engine behind a description, as found in the folder of a batch. `world`: the ranks for an mpi engine.
/// ConfigError when the description is not understood.
std::unique_ptr<Engine> make_engine(const Record& description, const std::shared_ptr<const Communicator>& world);

}  // namespace tessera::batch
