#include "batch/task_run.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>

#include "core/files.hpp"
#include "core/process.hpp"
#include "tessera/core/threads.hpp"

namespace tessera::batch {

namespace {

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

/// CPU seconds of this process and those it has waited for.
double cpu_seconds() {
  double seconds = 0.0;
  for (const int whose : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    struct rusage usage = {};
    ::getrusage(whose, &usage);
    seconds += seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
  }
  return seconds;
}

/// The largest of this process and those it has waited for, in bytes.
Index peak_memory() {
  long kibibytes = 0;
  for (const int whose : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    struct rusage usage = {};
    ::getrusage(whose, &usage);
    kibibytes = std::max(kibibytes, usage.ru_maxrss);
  }
  return Index{kibibytes} * 1024;
}

std::string filled_in(std::string word, const TaskContext& task) {
  const auto replace = [&](const std::string& name, auto&& text) {
    const std::string mark = "{" + name + "}";
    for (auto at = word.find(mark); at != std::string::npos; at = word.find(mark, at)) {
      const std::string value = text();
      word.replace(at, mark.size(), value);
      at += value.size();
    }
  };
  for (const auto& [name, value] : task.parameters().values()) replace(name, [&] { return to_string(value); });
  replace("index", [&] { return std::to_string(task.index()); });
  replace("folder", [&] { return task.folder(); });
  replace("scratch", [&] { return task.scratch(); });
  return word;
}

Record run_command(const Work& work, const TaskContext& task) {
  std::vector<std::string> argv;
  for (const std::string& word : work.command) argv.push_back(filled_in(word, task));
  const std::string answer = task.folder() + "/result.json";
  std::filesystem::remove(answer);
  ProcessOptions options;
  options.folder = task.scratch();
  options.environment = {{"TESSERA_TASK_FOLDER", task.folder()},
                         {"TESSERA_TASK_INDEX", std::to_string(task.index())},
                         {"OMP_NUM_THREADS", std::to_string(task.threads())}};
  const ProcessEnd end = run_process(argv, options);
  if (!end.success()) throw IoError(fmt::format("{}: {}", command_text(argv), end.describe()));
  const std::optional<std::string> text = read_file(answer);
  return text ? Record::from_json(*text, answer) : Record{};
}

Record run_work(const Work& work, const TaskContext& task) {
  return work.command.empty() ? registered_task(work.function)(task) : run_command(work, task);
}

/// What the attempt took so far, on all of its ranks; collective over them.
class UseMeter {
 public:
  TaskUse measure(int attempt, const Communicator* ranks) const {
    TaskUse use;
    use.wall_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
    use.cpu_seconds = cpu_seconds() - cpu_;
    use.peak_memory = peak_memory();
    use.started = started_;
    use.threads = thread_count();
    use.attempt = attempt;
    use.host = host_name();
    if (ranks != nullptr) {
      ranks->all_sum(&use.cpu_seconds, 1);
      use.peak_memory = ranks->all_max(use.peak_memory);
      use.ranks = ranks->size();
    }
    return use;
  }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  double started_ = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  double cpu_ = cpu_seconds();
};

void complete(const BatchFolder& batch, Index task, int attempt, const TaskResult& result) {
  batch.commit(task, result);
  std::error_code ignored;
  std::filesystem::remove_all(batch.scratch_path(task, attempt), ignored);
}

/// Why it failed, where it did.
template <class Body>
std::optional<Failure> failure_of(Body&& body) {
  try {
    body();
    return std::nullopt;
  } catch (const Error& error) {
    return Failure{error.kind(), error.what()};
  } catch (const std::exception& error) {
    return Failure{ErrorKind::argument, error.what()};
  }
}

}  // namespace

bool run_attempt(const BatchFolder& batch, Index task, int attempt,
                 const std::shared_ptr<const Communicator>& communicator) {
  const UseMeter meter;
  TaskResult result;
  std::optional<Failure> failure = failure_of([&] {
    const TaskContext context(batch, task, attempt, communicator);
    result.values = run_work(batch.definition().work, context);
  });
  if (communicator != nullptr) {
    failure = failure_of([&] { communicator->agree(failure); });
  }
  if (!failure) result.use = meter.measure(attempt, communicator.get());
  if (communicator != nullptr && communicator->rank() != 0) return !failure;

  if (!failure) failure = failure_of([&] { complete(batch, task, attempt, result); });
  if (!failure) return true;
  const std::string message = fmt::format("{}: {}", error_kind_name(failure->kind), failure->message);
  std::fprintf(stderr, "%s\n", message.c_str());
  batch.add_failure(task, {attempt, batch.run(), "failed", message, host_name()});
  return false;
}

}  // namespace tessera::batch
