#pragma once

/// \file
/// Many runs of one task: a task is mapped over parameters, its results are fetched as they come, everything is kept in
/// a folder, and a batch that was interrupted goes on where it stood.
///
///   int main(int argc, char** argv) {
///     batch::register_task("square", [](const batch::TaskContext& task) {
///       const double x = task.parameters().get<double>("x");
///       return batch::Record{{"y", x * x}};
///     });
///     return batch::run_program(argc, argv, [](const auto& world) {
///       batch::Batch squares("squares", batch::local_engine());
///       auto futures = squares.map(batch::Work::of_function("square"), {{{"x", 1.0}}, {{"x", 2.0}}});
///       for (const batch::Future& future : futures) std::printf("%g\n", future.fetch().get<double>("y"));
///       return 0;
///     });
///   }
///
/// The ideas are those of Redwood (Witte et al., "SciAI4Industry: solving PDEs for industry-scale problems with deep
/// learning", section 3): tag a function, map it over inputs, broadcast large data once, fetch results as they come.

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tessera/batch/engine.hpp"
#include "tessera/batch/task.hpp"

namespace tessera::batch {

/// How each task is run.
struct TaskSettings {
  /// MPI ranks of a task.
  int ranks = 1;
  /// Threads of each rank.
  int threads = 1;
  /// Seconds an attempt may take; 0: any time.
  double time_limit = 0.0;
  /// Further attempts at a task that failed or exceeded its time.
  int retries = 2;
  /// What starts a task of several ranks, with {ranks} for their number.
  std::vector<std::string> launcher = {"mpirun", "-n", "{ranks}"};

  /// Throws ConfigError naming the setting.
  void validate() const;
};

enum class TaskState { waiting, running, done, failed };

/// "waiting", "running", "done", "failed"
const char* task_state_name(TaskState state) noexcept;

/// A task of a batch, and its result when it is done. Copies are the same task. It keeps its batch alive.
class Future {
 public:
  Index index() const noexcept { return index_; }
  /// Looks, without waiting. (With an mpi engine nothing happens before the first wait.)
  bool ready() const;
  /// Until the task is done or has failed.
  void wait() const;
  /// Waits for the result. IoError naming the task, what its last attempt said and where its log is, when it failed.
  Record fetch() const;
  /// Waits; what the successful attempt took.
  TaskUse use() const;
  /// The files it left; they are all there once the task is done.
  std::string folder() const;

 private:
  friend class Batch;
  friend Index wait_any(std::span<const Future> futures);
  struct Shared;
  Future(std::shared_ptr<Shared> shared, Index index) : shared_(std::move(shared)), index_(index) {}

  std::shared_ptr<Shared> shared_;
  Index index_;
};

/// The position of a future that is over, waiting while there is none; futures must be of one batch. ArgumentError
/// when there are none.
Index wait_any(std::span<const Future> futures);

/// A batch in a folder. One process drives a batch (with an mpi engine, the ranks of its program, and all members are
/// collective over them); a second one is refused.
class Batch {
 public:
  /// A new batch, or one that is in the folder already. ConfigError for settings that make no sense, IoError when the
  /// folder cannot be used or another process works on it.
  Batch(std::string folder, std::unique_ptr<Engine> engine, TaskSettings settings = {});
  /// The batch that is in the folder, with the engine and the settings it was made with, or another engine. IoError
  /// when there is none.
  static Batch reopen(const std::string& folder, std::unique_ptr<Engine> engine = nullptr,
                      const std::shared_ptr<const Communicator>& world = nullptr);

  /// Stores data once for all tasks, to be handed over as a parameter and read by TaskContext::load.
  Reference broadcast(std::string_view bytes);
  /// The same for a file.
  Reference broadcast_file(const std::string& path);

  /// Begins to run the work once for each record, and returns the tasks in this order. Where the folder holds the same
  /// work with the same parameters, only tasks without a result are run; ArgumentError when it holds others.
  std::vector<Future> map(const Work& work, const std::vector<Record>& parameters);
  /// The first half of map: puts the tasks into the folder, and runs none; resume is the second one.
  void define(const Work& work, const std::vector<Record>& parameters);
  /// Whether the task of a defined batch has a result. Local.
  bool is_done(Index task) const;
  /// Removes the result of a task of a defined batch, so that resume runs it again. Local: one rank's doing.
  void forget(Index task);
  /// Goes on with what is in the folder: runs all tasks without a result, those that failed included.
  std::vector<Future> resume();

  /// Until all are done or failed; returns how many failed. `progress` is told now and then how many are over (with an
  /// mpi engine on rank 0 alone, failures at the end).
  Index wait_all(const std::function<void(Index done, Index failed)>& progress = {});

 private:
  std::shared_ptr<Future::Shared> shared_;
};

/// Where a batch stands, from its folder alone.
struct BatchStatus {
  Index tasks = 0, done = 0, failed = 0, running = 0, waiting = 0;
  bool cancelled = false;
  /// Somebody drives it now: its process and machine; empty where nobody does.
  std::string driver = {};
  /// Jobs of a cluster, which need no driver: "2 jobs running, 7 waiting", or why they cannot be seen.
  std::string jobs = {};
  /// Tasks with failed attempts, and what the last one of each said.
  std::vector<std::pair<Index, std::string>> failures = {};
};
BatchStatus batch_status(const std::string& folder);

/// What the tasks that are done took, in their order.
std::vector<TaskUse> batch_use(const std::string& folder);

/// Asks whoever works on the batch to end its tasks; ends its jobs on a cluster. IoError where that is out of reach.
void cancel_batch(const std::string& folder);

}  // namespace tessera::batch
