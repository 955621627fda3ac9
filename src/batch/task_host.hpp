#pragma once

/// \file
/// Tasks in processes of this machine.

#include <sys/types.h>

#include <chrono>
#include <deque>
#include <vector>

#include "batch/batch_folder.hpp"
#include "core/descriptor.hpp"
#include "tessera/batch/engine.hpp"

namespace tessera::batch {

/// Runs tasks side by side, each attempt in a process forked from this one, retries those that fail and ends those that
/// exceed their time. This process must have one thread, no MPI, and no children of its own. Its tasks end with it.
class TaskHost {
 public:
  /// `end`: can be read once this process is to end (-1: never). Attempts that the same signal has ended by then leave
  /// no word.
  TaskHost(const BatchFolder& batch, int slots, int end = -1);
  /// Ends what runs, without a word on it.
  ~TaskHost();
  TaskHost(const TaskHost&) = delete;
  TaskHost& operator=(const TaskHost&) = delete;

  void add(Index task) { waiting_.push_back(task); }
  bool idle() const { return waiting_.empty() && running_.empty(); }
  bool told_to_end(std::chrono::milliseconds patience = {}) const;
  /// Starts what there is room for, then waits until a task is over, `descriptor` (unless -1) can be read, this process
  /// is to end, or the time is up. Returns the tasks that are over.
  std::vector<Outcome> work(int descriptor, std::chrono::milliseconds patience);

 private:
  using Clock = std::chrono::steady_clock;
  struct Running {
    Index task;
    int attempt;
    pid_t process;
    Clock::time_point deadline;
    bool overdue = false;
  };

  bool start(Index task);
  void fill_slots(std::vector<Outcome>& outcomes);
  void wait(int descriptor, std::chrono::milliseconds patience);
  void collect(std::vector<Outcome>& outcomes);
  void end_overdue();
  bool conclude(const Running& running, int status);

  const BatchFolder& batch_;
  std::size_t slots_;
  int end_;
  std::deque<Index> waiting_;
  std::vector<Running> running_;
  Descriptor ended_;  ///< readable when a child has ended
};

}  // namespace tessera::batch
