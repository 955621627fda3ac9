#include "tessera/batch/batch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "batch/batch_folder.hpp"
#include "batch/detached.hpp"
#include "batch/driver_lock.hpp"
#include "batch/worker.hpp"
#include "core/content_hash.hpp"
#include "core/files.hpp"

namespace tessera::batch {

namespace {

constexpr double kPatience = 0.5;

std::string own_program() {
  std::error_code failure;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", failure);
  if (failure) throw IoError("batch: cannot find this program's file: " + failure.message());
  return path.string();
}

std::string failure_message(const BatchFolder& batch, Index task) {
  const std::vector<FailedAttempt> failures = batch.failures(task);
  if (failures.empty()) return "failed without a word";
  const FailedAttempt& last = failures.back();
  return fmt::format("attempt {} on {}: {}", last.attempt, last.host, last.message);
}

}  // namespace

struct Future::Shared {
  std::string path;
  std::unique_ptr<Engine> engine;
  TaskSettings settings;
  std::optional<DriverLock> lock;
  std::optional<BatchFolder> folder;
  std::vector<TaskState> states;
  Index open = 0;  ///< tasks neither done nor failed

  ~Shared() {
    if (engine != nullptr) engine->stop();
  }
  const Communicator* ranks() const { return engine->callers(); }
  /// By the one rank that touches the folder; its errors are everybody's.
  template <class Body>
  void by_one(Body&& body) const {
    if (ranks() == nullptr) return body();
    ranks()->together([&] {
      if (ranks()->rank() == 0) body();
    });
  }
  TaskState& state(Index task) { return states[static_cast<std::size_t>(task)]; }
  bool over(Index task) { return state(task) == TaskState::done || state(task) == TaskState::failed; }

  void collect(double seconds) {
    if (open == 0) return;
    for (const Outcome& outcome : engine->collect(seconds)) {
      if (over(outcome.task)) continue;
      state(outcome.task) = outcome.done ? TaskState::done : TaskState::failed;
      --open;
    }
  }
};

void TaskSettings::validate() const {
  const auto require = [](bool holds, const char* name, const std::string& expected, auto found) {
    if (!holds) throw ConfigError(fmt::format("batch: expected {} {}, got {}", name, expected, found));
  };
  require(ranks >= 1, "ranks", "of at least 1", ranks);
  require(threads >= 1, "threads", "of at least 1", threads);
  require(time_limit >= 0.0, "time_limit", "not below 0", time_limit);
  require(retries >= 0, "retries", "not below 0", retries);
  require(ranks == 1 || !launcher.empty(), "launcher", "for tasks of several ranks", "none");
}

const char* task_state_name(TaskState state) noexcept {
  constexpr const char* kNames[] = {"waiting", "running", "done", "failed"};
  return kNames[static_cast<std::size_t>(state)];
}

bool Future::ready() const {
  if (!shared_->over(index_) && shared_->ranks() == nullptr) shared_->collect(0.0);
  return shared_->over(index_);
}

void Future::wait() const {
  while (!shared_->over(index_)) shared_->collect(kPatience);
}

Record Future::fetch() const {
  wait();
  const BatchFolder& folder = *shared_->folder;
  if (std::optional<TaskResult> result = folder.result(index_)) return std::move(result->values);
  throw IoError(fmt::format("task {} of {}: {} (logs in {})", index_, folder.path(), failure_message(folder, index_),
                            folder.task_folder(index_)));
}

TaskUse Future::use() const {
  wait();
  if (std::optional<TaskResult> result = shared_->folder->result(index_)) return result->use;
  fetch();
  return {};
}

std::string Future::folder() const { return shared_->folder->task_folder(index_); }

Index wait_any(std::span<const Future> futures) {
  if (futures.empty()) throw ArgumentError("wait_any: expected at least one future");
  for (;;) {
    const auto found = std::find_if(futures.begin(), futures.end(),
                                    [](const Future& future) { return future.shared_->over(future.index_); });
    if (found != futures.end()) return found - futures.begin();
    futures.front().shared_->collect(kPatience);
  }
}

Batch::Batch(std::string folder, std::unique_ptr<Engine> engine, TaskSettings settings)
    : shared_(std::make_shared<Future::Shared>()) {
  require_no_worker();
  settings.validate();
  // Workers may have another working folder.
  shared_->path = std::filesystem::absolute(folder).lexically_normal().string();
  shared_->engine = std::move(engine);
  shared_->settings = std::move(settings);
  shared_->by_one([&] {
    create_folders(shared_->path + "/broadcast");
    shared_->lock.emplace(shared_->path);
  });
}

Batch Batch::reopen(const std::string& folder, std::unique_ptr<Engine> engine,
                    const std::shared_ptr<const Communicator>& world) {
  const BatchDefinition definition = BatchFolder(folder).definition();
  if (engine == nullptr) engine = make_engine(definition.engine, world);
  return Batch(folder, std::move(engine),
               {definition.ranks, definition.threads, definition.time_limit, definition.retries, definition.launcher});
}

Reference Batch::broadcast(std::string_view bytes) {
  const Reference reference{content_hash(bytes), static_cast<Index>(bytes.size())};
  shared_->by_one([&] {
    const std::string path = shared_->path + "/broadcast/" + reference.hash;
    std::error_code missing;
    if (std::filesystem::file_size(path, missing) != bytes.size() || missing) write_file(path, bytes);
  });
  return reference;
}

Reference Batch::broadcast_file(const std::string& path) { return broadcast(MappedBytes(path).bytes()); }

std::vector<Future> Batch::map(const Work& work, const std::vector<Record>& parameters) {
  define(work, parameters);
  return resume();
}

void Batch::define(const Work& work, const std::vector<Record>& parameters) {
  const TaskSettings& settings = shared_->settings;
  if (work.function.empty() == work.command.empty()) {
    throw ArgumentError("batch: expected either a function or a command to map");
  }
  const BatchDefinition definition{work,
                                   static_cast<Index>(parameters.size()),
                                   settings.ranks,
                                   settings.threads,
                                   settings.time_limit,
                                   settings.retries,
                                   settings.launcher,
                                   own_program(),
                                   shared_->engine->describe()};
  shared_->by_one([&] {
    if (BatchFolder::exists(shared_->path)) {
      const BatchFolder found(shared_->path);
      const Work& other = found.definition().work;
      if (other.function != work.function || other.command != work.command || !found.has_parameters(parameters)) {
        throw ArgumentError(shared_->path +
                            ": this folder holds a batch of other tasks or parameters; name another one, or remove it");
      }
    }
    // What is there is the same but for how it is run.
    BatchFolder::create(shared_->path, definition, parameters);
  });
  shared_->folder.emplace(shared_->path);
}

bool Batch::is_done(Index task) const { return shared_->folder->is_done(task); }

void Batch::forget(Index task) { shared_->folder->forget(task); }

std::vector<Future> Batch::resume() {
  if (!shared_->folder) shared_->folder.emplace(shared_->path);
  const BatchFolder& folder = *shared_->folder;
  std::vector<int> done(static_cast<std::size_t>(folder.size()));
  shared_->by_one([&] {
    if (!shared_->engine->attaches() && detached_work(folder).jobs > 0) {
      throw IoError(folder.path() + ": a cluster has jobs of this batch; `tessera batch cancel` ends them");
    }
    folder.set_cancelled(false);
    folder.begin_run();
    for (Index task = 0; task < folder.size(); ++task) done[static_cast<std::size_t>(task)] = folder.is_done(task);
  });
  if (shared_->ranks() != nullptr) shared_->ranks()->broadcast(done.data(), folder.size(), 0);
  std::vector<Index> missing;
  std::vector<Future> futures;
  shared_->states.clear();
  for (Index task = 0; task < folder.size(); ++task) {
    const bool finished = done[static_cast<std::size_t>(task)] != 0;
    shared_->states.push_back(finished ? TaskState::done : TaskState::waiting);
    if (!finished) missing.push_back(task);
    futures.push_back(Future(shared_, task));
  }
  shared_->open = static_cast<Index>(missing.size());
  if (!missing.empty()) shared_->engine->start(folder, missing);
  return futures;
}

Index Batch::wait_all(const std::function<void(Index, Index)>& progress) {
  const auto count = [&](TaskState state) {
    return static_cast<Index>(std::count(shared_->states.begin(), shared_->states.end(), state));
  };
  shared_->engine->watch([&](Index over) {
    if (progress) progress(over, 0);
  });
  while (shared_->open > 0) {
    shared_->collect(kPatience);
    if (progress) progress(count(TaskState::done), count(TaskState::failed));
  }
  shared_->engine->watch({});
  return count(TaskState::failed);
}

}  // namespace tessera::batch
