#include "batch/block_worker.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "batch/slurm_script.hpp"
#include "batch/slurm_submissions.hpp"
#include "batch/task_host.hpp"
#include "batch/worker.hpp"
#include "core/files.hpp"
#include "core/process.hpp"
#include "tessera/core/threads.hpp"

namespace tessera::batch {

namespace {

constexpr std::chrono::milliseconds kLook{1000};

int variable(const char* name, int otherwise) {
  const std::string text = std::getenv(name) != nullptr ? std::getenv(name) : "";
  int number = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

int slots_of_job(const BatchDefinition& definition) {
  const int usable = static_cast<int>(available_cores().size());
  const int cores = std::min(variable("SLURM_CPUS_ON_NODE", usable), usable);
  return std::max(1, cores / (definition.threads * definition.ranks));
}

/// That this process is the last one that began with the block.
class Ownership {
 public:
  explicit Ownership(std::string path)
      : path_(std::move(path)),
        name_(fmt::format("start {} of job {}, process {} on {}\n", variable("SLURM_RESTART_COUNT", 0) + 1,
                          variable("SLURM_JOB_ID", 0), ::getpid(), host_name())) {
    write_file(path_, name_);
  }
  ~Ownership() {
    if (holds()) ::unlink(path_.c_str());
  }
  Ownership(const Ownership&) = delete;
  Ownership& operator=(const Ownership&) = delete;

  bool holds() const { return read_file(path_) == name_; }
  const std::string& name() const noexcept { return name_; }

 private:
  std::string path_, name_;
};

int leave(const char* why, int code) {
  std::printf("%s\n", why);
  return code;
}

}  // namespace

int run_block(const std::string& folder, int slots, Index submission, Index element) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  const Descriptor end = watch_signal(SIGTERM);
  const BatchFolder batch(folder);
  const auto blocks = blocks_of(batch, submission);
  if (!blocks || element < 0 || element >= static_cast<Index>(blocks->size())) {
    return leave("this submission has been forgotten", 0);
  }
  const Ownership ownership(owner_path(batch, submission, element));
  const Block& tasks = (*blocks)[static_cast<std::size_t>(element)];
  std::printf("%stasks %s of %s\n", ownership.name().c_str(), to_ranges(tasks).c_str(), folder.c_str());

  TaskHost host(batch, slots > 0 ? slots : slots_of_job(batch.definition()), end.get());
  for (const Index task : tasks) {
    if (!batch.is_done(task)) host.add(task);
  }
  while (!host.idle()) {
    for (const Outcome& outcome : host.work(-1, kLook)) {
      std::printf("task %lld %s\n", static_cast<long long>(outcome.task), outcome.done ? "done" : "failed");
    }
    if (host.told_to_end()) return leave("told to end", kRequeueCode);
    if (batch.is_cancelled()) return leave("the batch was cancelled", 0);
    if (!ownership.holds()) return leave("another process has taken over", 0);
  }
  return 0;
}

}  // namespace tessera::batch
