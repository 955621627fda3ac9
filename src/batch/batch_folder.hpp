#pragma once

/// \file
/// A batch on disk, which is all that the processes working on it share:
///
///   batch.json            what to run, and how (BatchDefinition)
///   parameters.jsonl      one record a line
///   run                   how many times work on it was started
///   broadcast/<hash>      data for all tasks
///   tasks/000042/attempt-1.log     what the first attempt printed; its first line says when and where it began
///   tasks/000042/scratch-1/        its working files; kept of failed attempts
///   tasks/000042/failures.jsonl    attempts that failed
///   tasks/000042/result            complete and checked by its first line, or absent
///   lock, cancel, engine.json      who drives it; that it is to stop; what the engine has to remember
///   slurm/                         scripts and logs of jobs, see slurm_submissions.hpp

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tessera/batch/task.hpp"

namespace tessera::batch {

/// What all tasks of a batch have in common.
struct BatchDefinition {
  Work work;
  Index tasks = 0;
  int ranks = 1;
  int threads = 1;
  double time_limit = 0.0;
  int retries = 2;
  std::vector<std::string> launcher = {};
  std::string program = {};  ///< that knows the function
  Record engine = {};

  Record to_record() const;
  static BatchDefinition from_record(const Record& record);
};

inline constexpr const char* kGivenUp = "given up";

/// How an attempt ended that did not succeed, or why there is to be none any more in this run.
struct FailedAttempt {
  int attempt = 0;
  Index run = 0;
  std::string outcome = {};  ///< "failed", "time limit", or kGivenUp
  std::string message = {};
  std::string host = {};
};

struct TaskResult {
  Record values;
  TaskUse use;
};

/// An attempt that left no word was ended from outside, as by a node that went down; more than these are the task's own
/// doing.
inline constexpr int kMostUnended = 8;

/// Attempts begun at a task in one run.
struct AttemptCount {
  int all = 0;      ///< in all runs
  int failed = 0;   ///< of this run
  int unended = 0;  ///< of this run: they left no word, or are still at work
  bool given_up = false;

  bool none_left(int retries) const noexcept { return given_up || failed > retries; }
};

class BatchFolder {
 public:
  /// Writes a new batch. IoError.
  static BatchFolder create(const std::string& path, const BatchDefinition& definition,
                            const std::vector<Record>& parameters);
  /// An existing one. IoError when there is none, or it is damaged.
  explicit BatchFolder(const std::string& path);
  /// Whether there is one.
  static bool exists(const std::string& path);

  const std::string& path() const noexcept { return path_; }
  const BatchDefinition& definition() const noexcept { return definition_; }
  Index size() const noexcept { return definition_.tasks; }
  /// IoError where the line is damaged, ArgumentError for a task that is not there.
  Record parameters(Index task) const;
  bool has_parameters(const std::vector<Record>& parameters) const;

  std::string task_folder(Index task) const;
  std::string log_path(Index task, int attempt) const;
  std::string scratch_path(Index task, int attempt) const;
  std::string broadcast_path(const Reference& reference) const;
  std::string file(const char* name) const { return path_ + "/" + name; }

  /// Nothing while there is none, or where it is damaged.
  std::optional<TaskResult> result(Index task) const;
  bool is_done(Index task) const { return result(task).has_value(); }
  /// Makes the task done, at once for all to see.
  void commit(Index task, const TaskResult& result) const;

  /// Makes it undone.
  void forget(Index task) const;

  /// Makes the task's folder and the log of its next attempt; returns the attempt's number.
  int begin_attempt(Index task) const;
  void add_failure(Index task, const FailedAttempt& failure) const;
  std::vector<FailedAttempt> failures(Index task) const;
  AttemptCount attempts(Index task) const;
  /// The run that is going on, or was the last one; 0 before the first.
  Index run() const;
  Index begin_run() const;

  bool is_cancelled() const;
  void set_cancelled(bool cancelled) const;

 private:
  std::string path_;
  BatchDefinition definition_;
  std::shared_ptr<const std::vector<std::string>> parameters_;  ///< lines
};

/// The name of this machine.
std::string host_name();

}  // namespace tessera::batch
