#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <set>

#include "batch/batch_folder.hpp"
#include "batch/worker.hpp"
#include "core/descriptor.hpp"
#include "core/process.hpp"
#include "tessera/batch/engine.hpp"
#include "tessera/core/threads.hpp"

namespace tessera::batch {

namespace {

/// Hosts that may die, as by lack of memory, without a task being finished in between.
constexpr int kMostLostHosts = 10;

/// Hands the tasks to a process of their own, the host, which forks one process per attempt: a program with MPI and
/// threads should not be forked itself. A host that dies is replaced.
class LocalEngine final : public Engine {
 public:
  explicit LocalEngine(const LocalSettings& settings) : settings_(settings) {
    if (settings.slots < 0) {
      throw ConfigError("local engine: expected at least 1 slot, or 0, got " + std::to_string(settings.slots));
    }
    // A host that is gone is an error of write.
    ::signal(SIGPIPE, SIG_IGN);
  }
  ~LocalEngine() override { end_host(); }

  Record describe() const override { return {{"engine", "local"}, {"slots", Index{settings_.slots}}}; }

  void start(const BatchFolder& batch, const std::vector<Index>& tasks) override {
    batch_ = &batch;
    open_.insert(tasks.begin(), tasks.end());
    start_host();
  }

  std::vector<Outcome> collect(double seconds) override;

  void stop() override {
    end_host();
    open_.clear();
  }

 private:
  int slots() const;
  void start_host();
  void end_host();
  void replace_host();
  void send_orders();
  std::vector<Outcome> read_reports();
  bool wait(double seconds);

  LocalSettings settings_;
  const BatchFolder* batch_ = nullptr;
  std::set<Index> open_;  ///< not over yet
  pid_t host_ = -1;
  Descriptor orders_, reports_;
  std::string unsent_, unread_;
  int lost_hosts_ = 0;
};

int LocalEngine::slots() const {
  if (settings_.slots > 0) return settings_.slots;
  const BatchDefinition& definition = batch_->definition();
  return std::max(1, static_cast<int>(available_cores().size()) / (definition.threads * definition.ranks));
}

void LocalEngine::start_host() {
  Pipe orders, reports;
  ProcessOptions options;
  options.input = orders.read.get();
  options.output = reports.write.get();
  options.own_group = true;
  options.environment = {{kWorkerVariable, "1"}};
  host_ = start_process({batch_->definition().program, kWorkerWord, "host", batch_->path(), std::to_string(slots())},
                        options);
  orders_ = std::move(orders.write);
  reports_ = std::move(reports.read);
  // Neither side may wait for the other one to read.
  ::fcntl(orders_.get(), F_SETFL, O_NONBLOCK);
  ::fcntl(reports_.get(), F_SETFL, O_NONBLOCK);
  unsent_ = to_ranges({open_.begin(), open_.end()}) + "\n";
  unread_.clear();
  send_orders();
}

/// The end of its orders ends the host, and the host its tasks.
void LocalEngine::end_host() {
  if (host_ < 0) return;
  orders_.close();
  wait_for(std::exchange(host_, -1));
  reports_.close();
}

void LocalEngine::replace_host() {
  orders_.close();
  reports_.close();
  const ProcessEnd end = wait_for(std::exchange(host_, -1));
  if (batch_->is_cancelled()) {
    throw IoError(batch_->path() + ": the batch was cancelled; `tessera batch resume` goes on with it");
  }
  if (++lost_hosts_ > kMostLostHosts) {
    throw IoError(
        fmt::format("{}: the process that runs the tasks ended {} times without finishing any, at last by {}; "
                    "does {} call tessera::batch::run_program?",
                    batch_->path(), lost_hosts_, end.describe(), batch_->definition().program));
  }
  start_host();
}

void LocalEngine::send_orders() {
  while (!unsent_.empty()) {
    const ssize_t sent = ::write(orders_.get(), unsent_.data(), unsent_.size());
    if (sent <= 0) return;
    unsent_.erase(0, static_cast<std::size_t>(sent));
  }
}

/// Whether the host has something to say, or has gone.
bool LocalEngine::wait(double seconds) {
  pollfd watched[] = {{reports_.get(), POLLIN, 0}, {orders_.get(), POLLOUT, 0}};
  const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  do {
    const double left = std::chrono::duration<double>(until - std::chrono::steady_clock::now()).count();
    ::poll(watched, unsent_.empty() ? 1 : 2, static_cast<int>(1000.0 * std::clamp(left, 0.0, 60.0)) + 1);
    send_orders();
    if ((watched[0].revents & (POLLIN | POLLHUP)) != 0) return true;
  } while (std::chrono::steady_clock::now() < until);
  return false;
}

std::vector<Outcome> LocalEngine::read_reports() {
  std::array<char, 4096> block;
  ssize_t got = 0;
  while ((got = ::read(reports_.get(), block.data(), block.size())) > 0) {
    unread_.append(block.data(), static_cast<std::size_t>(got));
  }
  std::vector<Outcome> outcomes;
  for (auto end = unread_.find('\n'); end != std::string::npos; end = unread_.find('\n')) {
    char word[8] = "";
    long long task = 0;
    if (std::sscanf(unread_.c_str(), "%7s %lld", word, &task) == 2 && open_.erase(task) > 0) {
      outcomes.push_back({task, std::string(word) == "done"});
    }
    unread_.erase(0, end + 1);
  }
  if (!outcomes.empty()) lost_hosts_ = 0;
  if (got == 0 && !open_.empty()) replace_host();
  return outcomes;
}

std::vector<Outcome> LocalEngine::collect(double seconds) {
  if (open_.empty() || !wait(seconds)) return {};
  std::vector<Outcome> outcomes = read_reports();
  if (open_.empty()) end_host();
  return outcomes;
}

}  // namespace

std::unique_ptr<Engine> local_engine(const LocalSettings& settings) { return std::make_unique<LocalEngine>(settings); }

}  // namespace tessera::batch
