#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <future>
#include <thread>

#include "batch/batch_folder.hpp"
#include "batch/task_run.hpp"
#include "core/descriptor.hpp"
#include "core/files.hpp"
#include "tessera/batch/engine.hpp"
#include "tessera/core/threads.hpp"

namespace tessera::batch {

namespace {

/// Standard output and error of this process go to a log for its lifetime.
class LogScope {
 public:
  explicit LogScope(const std::string& path) {
    std::fflush(nullptr);
    const Descriptor log = Descriptor::open(path, O_WRONLY | O_CREAT | O_APPEND);
    if (!log.valid()) return;
    output_ = Descriptor(::dup(STDOUT_FILENO));
    errors_ = Descriptor(::dup(STDERR_FILENO));
    ::dup2(log.get(), STDOUT_FILENO);
    ::dup2(log.get(), STDERR_FILENO);
  }
  ~LogScope() {
    std::fflush(nullptr);
    if (output_.valid()) ::dup2(output_.get(), STDOUT_FILENO);
    if (errors_.valid()) ::dup2(errors_.get(), STDERR_FILENO);
  }
  LogScope(const LogScope&) = delete;
  LogScope& operator=(const LogScope&) = delete;

 private:
  Descriptor output_, errors_;
};

/// Ends the program unless it is destroyed within the time limit: a rank that hangs cannot be brought back.
class TimeLimit {
 public:
  TimeLimit(double seconds, const Communicator& world, std::function<void()> record) {
    if (seconds <= 0.0) return;
    std::future<void> ended = ended_.get_future();
    watch_ = std::thread([ended = std::move(ended), seconds, record = std::move(record), handle = world.handle()] {
      if (ended.wait_for(std::chrono::duration<double>(seconds)) == std::future_status::ready) return;
      record();
      MPI_Abort(handle, 1);
    });
  }
  ~TimeLimit() {
    ended_.set_value();
    if (watch_.joinable()) watch_.join();
  }

 private:
  std::promise<void> ended_;
  std::thread watch_;
};

class MpiEngine final : public Engine {
 public:
  explicit MpiEngine(std::shared_ptr<const Communicator> world) : world_(std::move(world)) {
    if (world_ == nullptr) throw ConfigError("mpi engine: expected the ranks of an MPI program");
  }

  Record describe() const override { return {{"engine", "mpi"}}; }
  const Communicator* callers() const override { return world_.get(); }

  void start(const BatchFolder& batch, const std::vector<Index>& tasks) override {
    batch_ = &batch;
    tasks_ = tasks;
    const int ranks = batch.definition().ranks;
    if (ranks > world_->size()) {
      throw ConfigError(
          fmt::format("mpi engine: expected at least the {} ranks of a task, found {}", ranks, world_->size()));
    }
    const int groups = world_->size() / ranks;
    const int group = world_->rank() / ranks;
    group_ = std::make_shared<const Communicator>(world_->split(group < groups ? group : -1, world_->rank()));
    // Tasks are claimed by files of this run.
    claims_ = batch.file("claims");
    if (world_->rank() == 0) create_folders(claims_);
    world_->barrier();
  }

  std::vector<Outcome> collect(double seconds) override;
  void watch(std::function<void(Index done)> watcher) override { watcher_ = std::move(watcher); }
  void stop() override { tasks_.clear(); }

 private:
  /// What rank 0 of the group decides; an error of it is one of all.
  template <class Decision>
  Index decide(Decision&& decision) const {
    Index decided = 0;
    group_->together([&] {
      if (group_->rank() == 0) decided = decision();
    });
    group_->broadcast(&decided, 1, 0);
    return decided;
  }
  bool claim(Index task) const;
  bool run_to_the_end(Index task) const;
  bool attempts_left(Index task) const;
  void tell();

  std::shared_ptr<const Communicator> world_, group_;
  const BatchFolder* batch_ = nullptr;
  std::vector<Index> tasks_;
  std::string claims_;
  std::function<void(Index)> watcher_;
  std::chrono::steady_clock::time_point told_ = {};
};

/// Whether this group is the first to ask; asked by its rank 0.
bool MpiEngine::claim(Index task) const {
  const std::string path = fmt::format("{}/{}-{}", claims_, batch_->run(), task);
  const Descriptor file = Descriptor::open(path, O_WRONLY | O_CREAT | O_EXCL);
  if (file.valid()) return true;
  if (errno == EEXIST) return false;
  throw IoError(path + ": cannot be created: " + std::strerror(errno));
}

bool MpiEngine::attempts_left(Index task) const {
  const AttemptCount count = batch_->attempts(task);
  return !count.none_left(batch_->definition().retries) && count.unended < kMostUnended;
}

/// Attempt after attempt; collective over the group.
bool MpiEngine::run_to_the_end(Index task) const {
  for (;;) {
    const Index attempt =
        decide([&] { return attempts_left(task) ? static_cast<Index>(batch_->begin_attempt(task)) : Index{0}; });
    if (attempt == 0) return false;
    const LogScope log(batch_->log_path(task, static_cast<int>(attempt)));
    const double seconds = batch_->definition().time_limit;
    const TimeLimit limit(seconds, *world_, [&] {
      const std::string message = fmt::format("not finished after {} s", seconds);
      std::fprintf(stderr, "%s\n", message.c_str());
      if (group_->rank() == 0) {
        batch_->add_failure(task, {static_cast<int>(attempt), batch_->run(), "time limit", message, host_name()});
      }
    });
    if (run_attempt(*batch_, task, static_cast<int>(attempt), group_)) return true;
  }
}

/// On rank 0, at most once a second: looking at every task takes its time.
void MpiEngine::tell() {
  const auto now = std::chrono::steady_clock::now();
  if (world_->rank() != 0 || !watcher_ || now - told_ < std::chrono::seconds(1)) return;
  told_ = now;
  Index done = 0;
  for (Index task = 0; task < batch_->size(); ++task) done += batch_->is_done(task) ? 1 : 0;
  watcher_(done);
}

/// The first call runs everything: groups take the next task that no other group has claimed.
std::vector<Outcome> MpiEngine::collect(double) {
  std::vector<Outcome> outcomes;
  if (tasks_.empty()) return outcomes;
  world_->together([&] {
    if (!group_->valid()) return;
    for (const Index task : tasks_) {
      if (decide([&] { return claim(task) ? Index{1} : Index{0}; }) == 0) continue;
      run_to_the_end(task);
      tell();
    }
  });
  std::vector<int> done(tasks_.size());
  world_->together([&] {
    if (world_->rank() != 0) return;
    std::filesystem::remove_all(claims_);
    for (std::size_t i = 0; i < tasks_.size(); ++i) done[i] = batch_->is_done(tasks_[i]) ? 1 : 0;
  });
  world_->broadcast(done.data(), static_cast<Index>(done.size()), 0);
  for (std::size_t i = 0; i < tasks_.size(); ++i) outcomes.push_back({tasks_[i], done[i] != 0});
  tasks_.clear();
  return outcomes;
}

}  // namespace

std::unique_ptr<Engine> mpi_engine(std::shared_ptr<const Communicator> world) {
  return std::make_unique<MpiEngine>(std::move(world));
}

}  // namespace tessera::batch
