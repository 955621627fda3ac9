#include "child_process.hpp"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string_view>

#include "tessera/core/error.hpp"

namespace tessera::bench {

namespace {

/// Set by mpirun for its ranks, not by users.
bool tells_a_rank(std::string_view variable) {
  constexpr std::array kPrefixes = {"PMIX_",          "PMI_",
                                    "OMPI_COMM_",     "OMPI_UNIVERSE",
                                    "OMPI_FILE",      "OMPI_APP",
                                    "OMPI_FIRST",     "OMPI_NUM",
                                    "OMPI_ARGV",      "OMPI_COMMAND",
                                    "OMPI_MCA_orte",  "OMPI_MCA_ess",
                                    "OMPI_MCA_pmix",  "OMPI_MCA_initial_wdir",
                                    "OMPI_MCA_shmem", "ORTE_",
                                    "PRTE_",          "IPATH_NO_BACKTRACE"};
  for (const std::string_view prefix : kPrefixes) {
    if (variable.substr(0, prefix.size()) == prefix) return true;
  }
  return false;
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& command) : name_(command.front()) {
  std::vector<char*> arguments, environment;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (!tells_a_rank(*variable)) environment.push_back(*variable);
  }
  environment.push_back(nullptr);

  int in[2], out[2];
  if (pipe(in) != 0 || pipe(out) != 0) throw IoError("ChildProcess: no pipe for " + name_);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  for (const int end : {in[0], in[1], out[0], out[1]}) posix_spawn_file_actions_addclose(&actions, end);
  const int failure = posix_spawnp(&process_, arguments[0], &actions, nullptr, arguments.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  close(in[0]);
  close(out[1]);
  to_ = fdopen(in[1], "w");
  from_ = fdopen(out[0], "r");
  if (failure != 0) {
    process_ = -1;
    throw IoError("ChildProcess: cannot start " + name_ + ": " + std::strerror(failure));
  }
}

ChildProcess::~ChildProcess() {
  if (to_ != nullptr) std::fclose(to_);
  if (from_ != nullptr) std::fclose(from_);
  if (process_ > 0) waitpid(process_, nullptr, 0);
}

std::string ChildProcess::ask(const std::string& line) {
  std::fprintf(to_, "%s\n", line.c_str());
  std::fflush(to_);
  std::string answer;
  for (int c = std::fgetc(from_); c != '\n'; c = std::fgetc(from_)) {
    if (c == EOF) throw IoError(name_ + " ended without an answer to '" + line + "'; its messages are above");
    answer.push_back(static_cast<char>(c));
  }
  return answer;
}

}  // namespace tessera::bench
