#include "core/process.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "tessera/core/error.hpp"

extern char** environ;

namespace tessera {

namespace {

/// Everything the child needs between fork and exec, where only async-signal-safe calls are allowed.
struct Launch {
  std::vector<char*> argv;
  std::vector<char*> environment;
  std::string folder, log;
  int input, output, errors, report;
  bool bound, own_group;
  pid_t parent;
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

std::vector<std::string> environment_for(const ProcessOptions& options) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text(*entry);
    const bool dropped = std::any_of(options.without.begin(), options.without.end(),
                                     [&](const std::string& prefix) { return text.starts_with(prefix); });
    if (!dropped && !options.environment.contains(text.substr(0, text.find('=')))) all.push_back(text);
  }
  for (const auto& [name, value] : options.environment) all.push_back(name + "=" + value);
  return all;
}

/// Which step failed, with errno, goes to the parent.
[[noreturn]] void give_up(const Launch& launch, char step) {
  const std::array<int, 2> message{errno, step};
  const ssize_t written = ::write(launch.report, message.data(), sizeof message);
  ::_exit(written > 0 ? 127 : 126);
}

bool redirect(int from, int to) { return from == to ? ::fcntl(to, F_SETFD, 0) == 0 : ::dup2(from, to) >= 0; }

[[noreturn]] void become(const Launch& launch) {
  if (launch.own_group) ::setpgid(0, 0);
  if (launch.bound) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != launch.parent) ::_exit(127);
  }
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int number : {SIGINT, SIGTERM, SIGPIPE, SIGCHLD, SIGXFSZ}) ::signal(number, SIG_DFL);
  const int input = launch.input >= 0 ? launch.input : ::open("/dev/null", O_RDONLY);
  if (input < 0 || !redirect(input, STDIN_FILENO)) give_up(launch, 'i');
  if (!launch.log.empty()) {
    const int log = ::open(launch.log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
    if (log < 0 || !redirect(log, STDOUT_FILENO) || !redirect(log, STDERR_FILENO)) give_up(launch, 'l');
  }
  if (launch.output >= 0 && !redirect(launch.output, STDOUT_FILENO)) give_up(launch, 'o');
  if (launch.errors >= 0 && !redirect(launch.errors, STDERR_FILENO)) give_up(launch, 'o');
  if (!launch.folder.empty() && ::chdir(launch.folder.c_str()) != 0) give_up(launch, 'f');
  // Files and sockets of the parent are none of the program's business.
  ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  ::execvpe(launch.argv[0], launch.argv.data(), launch.environment.data());
  give_up(launch, 'x');
}

[[noreturn]] void throw_failure(const std::vector<std::string>& argv, const ProcessOptions& options, int code,
                                int step) {
  const std::string reason = std::strerror(code);
  if (step == 'l') throw IoError("cannot open the log " + options.log + " of " + argv[0] + ": " + reason);
  if (step == 'f') throw IoError("cannot enter the folder " + options.folder + " of " + argv[0] + ": " + reason);
  throw IoError("cannot start " + argv[0] + ": " + reason);
}

bool is_executable(const std::string& path) {
  struct stat status = {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && ::access(path.c_str(), X_OK) == 0;
}

}  // namespace

std::string find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return is_executable(name) ? name : std::string();
  const char* variable = std::getenv("PATH");
  const std::string folders = variable != nullptr ? variable : "";
  for (std::size_t begin = 0; !name.empty() && begin < folders.size();) {
    const std::size_t end = std::min(folders.find(':', begin), folders.size());
    const std::string path = folders.substr(begin, end - begin) + "/" + name;
    if (end > begin && is_executable(path)) return path;
    begin = end + 1;
  }
  return {};
}

std::string ProcessEnd::describe() const {
  if (signal != 0) return "signal " + std::to_string(signal) + " (" + strsignal(signal) + ")";
  return "exit code " + std::to_string(exit_code);
}

ProcessEnd ProcessEnd::of_status(int status) {
  if (WIFSIGNALED(status)) return {0, WTERMSIG(status)};
  return {WEXITSTATUS(status), 0};
}

pid_t start_process(const std::vector<std::string>& argv, const ProcessOptions& options) {
  if (argv.empty() || argv[0].empty()) throw ArgumentError("start_process: expected the name of a program");
  std::vector<std::string> words = argv;
  std::vector<std::string> variables = environment_for(options);
  Pipe report;
  const Launch launch{pointers(words), pointers(variables), options.folder, options.log,
                      options.input,   options.output,      options.errors, report.write.get(),
                      options.bound,   options.own_group,   ::getpid()};
  const pid_t child = ::fork();
  if (child < 0) throw IoError("cannot start " + argv[0] + ": " + std::strerror(errno));
  if (child == 0) become(launch);
  report.write.close();
  std::array<int, 2> message{};
  ssize_t got = 0;
  do {
    got = ::read(report.read.get(), message.data(), sizeof message);
  } while (got < 0 && errno == EINTR);
  if (got == static_cast<ssize_t>(sizeof message)) {
    wait_for(child);
    throw_failure(argv, options, message[0], message[1]);
  }
  return child;
}

ProcessEnd wait_for(pid_t process) {
  int status = 0;
  while (::waitpid(process, &status, 0) < 0) {
    if (errno != EINTR)
      throw IoError("cannot wait for process " + std::to_string(process) + ": " + std::strerror(errno));
  }
  return ProcessEnd::of_status(status);
}

ProcessEnd run_process(const std::vector<std::string>& argv, const ProcessOptions& options) {
  return wait_for(start_process(argv, options));
}

ProcessOutput output_of(const std::vector<std::string>& argv, bool with_errors) {
  Pipe pipe;
  ProcessOptions options;
  options.output = pipe.write.get();
  if (with_errors) options.errors = pipe.write.get();
  const pid_t process = start_process(argv, options);
  pipe.write.close();
  ProcessOutput output;
  std::array<char, 4096> block;
  for (;;) {
    const ssize_t got = ::read(pipe.read.get(), block.data(), block.size());
    if (got > 0) output.text.append(block.data(), static_cast<std::size_t>(got));
    if (got == 0 || (got < 0 && errno != EINTR)) break;
  }
  output.end = wait_for(process);
  return output;
}

Descriptor watch_signal(int number) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, number);
  ::sigprocmask(SIG_BLOCK, &signals, nullptr);
  Descriptor descriptor(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!descriptor.valid()) throw IoError(std::string("cannot watch signals: ") + std::strerror(errno));
  return descriptor;
}

std::string command_text(const std::vector<std::string>& argv) {
  std::string text;
  for (const std::string& word : argv) {
    const bool plain = !word.empty() && word.find_first_of(" \t\n\"'\\$&|;<>()*?") == std::string::npos;
    text += (text.empty() ? "" : " ") + (plain ? word : "'" + word + "'");
  }
  return text;
}

}  // namespace tessera
