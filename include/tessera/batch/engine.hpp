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
  /// Begins work on these tasks.
  virtual void start(const BatchFolder& batch, const std::vector<Index>& tasks) = 0;
  /// Tasks that are over and were not returned before; waits up to `seconds` while there are none. Throws IoError when
  /// the engine itself has broken down.
  virtual std::vector<Outcome> collect(double seconds) = 0;
  /// To be told during a call of collect that takes long how many tasks of the batch are done; empty: nobody.
  virtual void watch(std::function<void(Index done)>) {}
  /// Ends what runs; unfinished tasks stay without a result.
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

/// The engine behind a description, as found in the folder of a batch. `world`: the ranks for an mpi engine.
/// ConfigError when the description is not understood.
std::unique_ptr<Engine> make_engine(const Record& description, const std::shared_ptr<const Communicator>& world);

}  // namespace tessera::batch
