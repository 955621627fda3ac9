#include "batch/worker.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <array>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "batch/block_worker.hpp"
#include "batch/task_host.hpp"
#include "batch/task_run.hpp"
#include "tessera/comm/mpi_environment.hpp"

extern char** environ;

namespace tessera::batch {

namespace {

bool g_worker = false;

int number_of(const std::string& text) {
  int number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size()) {
    throw ConfigError("batch worker: expected a number, got '" + text + "'");
  }
  return number;
}

/// Orders are lines of ranges of tasks. Returns false at their end, which is that of the process that gives them.
bool take_orders(std::string& unread, TaskHost& host) {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  if (::poll(&input, 1, 0) <= 0) return true;
  std::array<char, 4096> block;
  const ssize_t got = ::read(STDIN_FILENO, block.data(), block.size());
  if (got < 0) return errno == EINTR || errno == EAGAIN;
  if (got == 0) return false;
  unread.append(block.data(), static_cast<std::size_t>(got));
  for (auto end = unread.find('\n'); end != std::string::npos; end = unread.find('\n')) {
    for (const Index task : from_ranges(unread.substr(0, end))) host.add(task);
    unread.erase(0, end + 1);
  }
  return true;
}

int serve_as_host(const std::string& folder, int slots) {
  // The one who ordered decides what an interruption means; it shows here as the end of orders.
  ::signal(SIGINT, SIG_IGN);
  ::signal(SIGPIPE, SIG_IGN);
  leave_launcher();
  const BatchFolder batch(folder);
  TaskHost host(batch, slots);
  std::string unread;
  constexpr std::chrono::milliseconds kLook{200};
  while (take_orders(unread, host) && !batch.is_cancelled()) {
    for (const Outcome& outcome : host.work(STDIN_FILENO, kLook)) {
      std::printf("%s %lld\n", outcome.done ? "done" : "failed", static_cast<long long>(outcome.task));
    }
    if (std::fflush(stdout) != 0) break;
  }
  return 0;
}

int serve_as_ranks(int argc, char** argv, const std::string& folder, Index task, int attempt) {
  return tessera::run_program(argc, argv, [&](const std::shared_ptr<const Communicator>& world) {
    const BatchFolder batch(folder);
    return run_attempt(batch, task, attempt, world) ? 0 : 1;
  });
}

int serve(int argc, char** argv) {
  const std::vector<std::string> words(argv + 2, argv + argc);
  if (words.size() == 3 && words[0] == "host") return serve_as_host(words[1], number_of(words[2]));
  if (words.size() == 4 && words[0] == "ranks") {
    return serve_as_ranks(argc, argv, words[1], number_of(words[2]), number_of(words[3]));
  }
  if (words.size() == 5 && words[0] == "block") {
    leave_launcher();
    return run_block(words[1], number_of(words[2]), number_of(words[3]), number_of(words[4]));
  }
  throw ConfigError("batch worker: unknown order " + (words.empty() ? "" : words[0]));
}

}  // namespace

void require_no_worker() {
  if (std::getenv(kWorkerVariable) == nullptr || g_worker) return;
  throw ConfigError(
      "batch: this process was started to run tasks, but its program did not call tessera::batch::run_program first in "
      "main");
}

void leave_launcher() {
  std::vector<std::string> leaving;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text(*entry);
    for (const char* prefix : {"PMIX_", "PMI_", "OMPI_COMM_WORLD_", "OMPI_UNIVERSE_", "OMPI_MCA_ess", "OMPI_MCA_orte",
                               "OMPI_MCA_pmix", "OMPI_APP_CTX", "OMPI_FIRST_RANKS", "OMPI_FILE_LOCATION"}) {
      if (text.starts_with(prefix)) leaving.push_back(text.substr(0, text.find('=')));
    }
  }
  for (const std::string& name : leaving) ::unsetenv(name.c_str());
}

std::string to_ranges(const std::vector<Index>& tasks) {
  std::string text;
  for (std::size_t i = 0; i < tasks.size();) {
    std::size_t last = i;
    while (last + 1 < tasks.size() && tasks[last + 1] == tasks[last] + 1) ++last;
    if (!text.empty()) text += ",";
    text += std::to_string(tasks[i]);
    if (last > i) text += "-" + std::to_string(tasks[last]);
    i = last + 1;
  }
  return text;
}

std::vector<Index> from_ranges(const std::string& text) {
  std::vector<Index> tasks;
  const char* at = text.data();
  const char* const end = at + text.size();
  const auto number = [&] {
    Index value = 0;
    const auto [next, failure] = std::from_chars(at, end, value);
    if (failure != std::errc()) throw IoError("expected ranges such as 0-3,7, got '" + text + "'");
    at = next;
    return value;
  };
  while (at != end) {
    if (*at == ',') ++at;
    const Index first = number();
    Index last = first;
    if (at != end && *at == '-') {
      ++at;
      last = number();
    }
    for (Index task = first; task <= last; ++task) tasks.push_back(task);
  }
  return tasks;
}

int run_program(int argc, char** argv, const std::function<int(const std::shared_ptr<const Communicator>&)>& program) {
  if (argc < 2 || std::string(argv[1]) != kWorkerWord) return tessera::run_program(argc, argv, program);
  g_worker = true;
  try {
    return serve(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tessera batch worker: %s\n", error.what());
    return 1;
  }
}

}  // namespace tessera::batch
