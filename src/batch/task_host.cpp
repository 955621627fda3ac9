#include "batch/task_host.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>

#include "batch/task_run.hpp"
#include "batch/worker.hpp"
#include "core/process.hpp"
#include "tessera/core/threads.hpp"

namespace tessera::batch {

namespace {

/// A signal to all processes of a job reaches this one, too.
constexpr std::chrono::milliseconds kSameSignal{100};
/// From the friendly signal to the other one.
constexpr std::chrono::milliseconds kGrace{2000};
constexpr int kFailed = 3;

/// Everything the program prints goes to the log.
void redirect_output(const std::string& log) {
  const Descriptor input = Descriptor::open("/dev/null", O_RDONLY);
  const Descriptor output = Descriptor::open(log, O_WRONLY | O_CREAT | O_APPEND);
  ::dup2(input.get(), STDIN_FILENO);
  ::dup2(output.get(), STDOUT_FILENO);
  ::dup2(output.get(), STDERR_FILENO);
}

/// A task of several ranks is this program once more, under the launcher.
int run_launched(const BatchFolder& batch, Index task, int attempt) {
  const BatchDefinition& definition = batch.definition();
  std::vector<std::string> argv = definition.launcher;
  for (std::string& word : argv) {
    if (word == "{ranks}") word = std::to_string(definition.ranks);
  }
  for (const std::string& word : {definition.program, std::string(kWorkerWord), std::string("ranks"), batch.path(),
                                  std::to_string(task), std::to_string(attempt)}) {
    argv.push_back(word);
  }
  const ProcessEnd end = run_process(argv);
  if (batch.is_done(task)) return 0;
  const std::vector<FailedAttempt> failures = batch.failures(task);
  if (failures.empty() || failures.back().attempt != attempt) {
    const std::string message = fmt::format("{}: {}", command_text(argv), end.describe());
    batch.add_failure(task, {attempt, batch.run(), "failed", message, host_name()});
  }
  return kFailed;
}

/// The life of a task's process.
[[noreturn]] void live(const BatchFolder& batch, Index task, int attempt, pid_t parent) {
  int code = kFailed;
  try {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(kFailed);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGINT, SIG_DFL);
    redirect_output(batch.log_path(task, attempt));
    const int threads = batch.definition().threads;
    ::setenv("OMP_NUM_THREADS", std::to_string(threads).c_str(), 1);
    set_thread_count(threads);
    if (batch.definition().ranks > 1) {
      code = run_launched(batch, task, attempt);
    } else {
      code = run_attempt(batch, task, attempt, nullptr) ? 0 : kFailed;
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    code = EXIT_FAILURE;
  }
  std::fflush(nullptr);
  // MPI, where the task has started it, ends in the exit handlers; otherwise those of the program are its first
  // process's.
  int started = 0;
  MPI_Initialized(&started);
  if (started == 0) ::_exit(code);
  std::exit(code);
}

}  // namespace

TaskHost::TaskHost(const BatchFolder& batch, int slots, int end)
    : batch_(batch), slots_(static_cast<std::size_t>(std::max(slots, 1))), end_(end), ended_(watch_signal(SIGCHLD)) {}

TaskHost::~TaskHost() {
  for (const Running& running : running_) ::kill(-running.process, SIGTERM);
  const auto deadline = Clock::now() + kGrace;
  while (!running_.empty() && Clock::now() < deadline) {
    std::erase_if(running_, [](const Running& running) { return ::waitpid(running.process, nullptr, WNOHANG) != 0; });
    if (!running_.empty()) ::poll(nullptr, 0, 10);
  }
  for (const Running& running : running_) {
    ::kill(-running.process, SIGKILL);
    ::waitpid(running.process, nullptr, 0);
  }
}

bool TaskHost::told_to_end(std::chrono::milliseconds patience) const {
  pollfd watched{end_, POLLIN, 0};
  return end_ >= 0 && ::poll(&watched, 1, static_cast<int>(patience.count())) > 0;
}

/// False where the task has no attempts left.
bool TaskHost::start(Index task) {
  const AttemptCount before = batch_.attempts(task);
  if (before.none_left(batch_.definition().retries)) return false;
  if (before.unended >= kMostUnended) {
    batch_.add_failure(
        task, {before.all, batch_.run(), kGivenUp,
               fmt::format("{} attempts ended without a word, for example for lack of memory, or of time for a job",
                           before.unended),
               host_name()});
    return false;
  }
  const int attempt = batch_.begin_attempt(task);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) throw IoError(std::string("batch: cannot start a process: ") + std::strerror(errno));
  if (child == 0) live(batch_, task, attempt, parent);
  ::setpgid(child, child);
  const double limit = batch_.definition().time_limit;
  const auto deadline =
      limit > 0.0 ? Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(limit))
                  : Clock::time_point::max();
  running_.push_back({task, attempt, child, deadline});
  return true;
}

void TaskHost::fill_slots(std::vector<Outcome>& outcomes) {
  while (!waiting_.empty() && running_.size() < slots_ && !told_to_end()) {
    const Index task = waiting_.front();
    waiting_.pop_front();
    if (batch_.is_done(task)) {
      outcomes.push_back({task, true});
    } else if (!start(task)) {
      outcomes.push_back({task, false});
    }
  }
}

std::vector<Outcome> TaskHost::work(int descriptor, std::chrono::milliseconds patience) {
  std::vector<Outcome> outcomes;
  fill_slots(outcomes);
  if (outcomes.empty()) wait(descriptor, patience);
  collect(outcomes);
  end_overdue();
  fill_slots(outcomes);
  return outcomes;
}

void TaskHost::wait(int descriptor, std::chrono::milliseconds patience) {
  auto until = Clock::now() + patience;
  for (const Running& running : running_) until = std::min(until, running.deadline);
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count() + 1;
  // Those that are -1 are left out.
  pollfd watched[] = {{ended_.get(), POLLIN, 0}, {descriptor, POLLIN, 0}, {end_, POLLIN, 0}};
  ::poll(watched, std::size(watched), static_cast<int>(std::clamp<long>(left, 0, 60000)));
}

void TaskHost::collect(std::vector<Outcome>& outcomes) {
  signalfd_siginfo ignored;
  while (::read(ended_.get(), &ignored, sizeof ignored) > 0) {
  }
  for (std::size_t i = 0; i < running_.size();) {
    int status = 0;
    if (::waitpid(running_[i].process, &status, WNOHANG) == 0) {
      ++i;
      continue;
    }
    const Running ended = running_[i];
    running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
    // Whatever it left behind in its group.
    ::kill(-ended.process, SIGKILL);
    if (conclude(ended, status)) {
      outcomes.push_back({ended.task, true});
    } else {
      waiting_.push_front(ended.task);
    }
  }
}

/// Whether the task is done; otherwise a failed attempt is on record, or everything ends.
bool TaskHost::conclude(const Running& running, int status) {
  if (batch_.is_done(running.task)) return true;
  const ProcessEnd end = ProcessEnd::of_status(status);
  if (end.signal != 0 && told_to_end(kSameSignal)) return false;
  if (running.overdue) {
    batch_.add_failure(running.task,
                       {running.attempt, batch_.run(), "time limit",
                        fmt::format("not finished after {} s", batch_.definition().time_limit), host_name()});
  } else if (end.signal != 0 || end.exit_code != kFailed) {
    batch_.add_failure(
        running.task, {running.attempt, batch_.run(), "failed", "its process ended by " + end.describe(), host_name()});
  }
  return false;
}

/// Once friendly, then not.
void TaskHost::end_overdue() {
  const auto now = Clock::now();
  for (Running& running : running_) {
    if (now < running.deadline) continue;
    ::kill(-running.process, running.overdue ? SIGKILL : SIGTERM);
    running.overdue = true;
    running.deadline = now + kGrace;
  }
}

}  // namespace tessera::batch
