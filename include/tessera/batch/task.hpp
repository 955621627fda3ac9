#pragma once

/// \file
/// Tasks: what a batch runs many times, each time with other parameters, in a process of its own.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tessera/batch/record.hpp"
#include "tessera/comm/communicator.hpp"

namespace tessera::batch {

class BatchFolder;

/// Read-only bytes of a file in memory, shared with all processes of the machine that map it. Move-only.
class MappedBytes {
 public:
  /// IoError naming the file when it cannot be mapped.
  explicit MappedBytes(const std::string& path);
  MappedBytes(MappedBytes&& other) noexcept;
  MappedBytes& operator=(MappedBytes&& other) noexcept;
  ~MappedBytes();

  std::string_view bytes() const noexcept { return bytes_; }

 private:
  std::string_view bytes_;
};

/// What a task knows while it runs.
class TaskContext {
 public:
  /// `communicator`: of the ranks that run the task together; null for a process alone.
  TaskContext(const BatchFolder& batch, Index task, int attempt, std::shared_ptr<const Communicator> communicator);

  /// Its place in the list of parameters given to map.
  Index index() const noexcept { return task_; }
  const Record& parameters() const noexcept { return parameters_; }
  /// Counts from 1.
  int attempt() const noexcept { return attempt_; }
  /// Threads this task may keep busy; thread_count() is already set to it.
  int threads() const noexcept;
  /// For files that belong to the result. It may hold files of earlier attempts. Exists.
  const std::string& folder() const noexcept { return folder_; }
  /// For files of this attempt alone: made at the first call, removed when the task has succeeded.
  const std::string& scratch() const;
  /// The ranks of the task. A task that runs alone starts MPI at its first call, which takes about a tenth of a second.
  const std::shared_ptr<const Communicator>& communicator() const;
  /// Data handed to Batch::broadcast. IoError when they are missing or damaged.
  MappedBytes load(const Reference& reference) const;

 private:
  const BatchFolder& batch_;
  Index task_;
  int attempt_;
  Record parameters_;
  std::string folder_;
  mutable std::string scratch_;
  mutable std::shared_ptr<const Communicator> communicator_;
};

/// From parameters to a result. An exception is a failed attempt. With several ranks it is called on all of them, and
/// the result of rank 0 counts. Whatever it leaves in its folder is complete before it returns.
using TaskFunction = std::function<Record(const TaskContext&)>;

/// Makes a function known under a name, on the way to run_program in every process of the program. ArgumentError when
/// the name is taken or not made of letters, digits, '-' and '_'.
void register_task(const std::string& name, TaskFunction function);

/// Either a registered function or an external command, with {name} in its words standing for parameters, {index} for
/// the task's number, {folder} and {scratch} for its folders.
///
/// A command works in its scratch folder, with TESSERA_TASK_FOLDER, TESSERA_TASK_INDEX and OMP_NUM_THREADS in its
/// environment; exit code 0 is success. If it leaves a JSON object `result.json` in its task's folder, that is the
/// result.
struct Work {
  std::string function = {};
  std::vector<std::string> command = {};

  static Work of_function(std::string name) { return {std::move(name), {}}; }
  static Work of_command(std::vector<std::string> words) { return {{}, std::move(words)}; }
};

/// What a successful attempt took.
struct TaskUse {
  double wall_seconds = 0.0;
  double cpu_seconds = 0.0;  ///< of all its processes
  Index peak_memory = 0;     ///< of its largest process, in bytes
  double started = 0.0;      ///< seconds since 1970
  int ranks = 1;
  int threads = 1;
  int attempt = 1;
  std::string host = {};
};

/// The body of the main function of a program that runs batches: like tessera::run_program, but a process that was
/// started to run tasks runs them and ends. Register tasks before.
int run_program(int argc, char** argv, const std::function<int(const std::shared_ptr<const Communicator>&)>& program);

}  // namespace tessera::batch
