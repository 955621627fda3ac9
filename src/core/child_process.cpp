#include "core/child_process.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "tessera/core/error.hpp"

extern char** environ;

namespace tessera {

namespace {

bool is_executable(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && access(path.c_str(), X_OK) == 0;
}

/// A file descriptor, closed at the end.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }
  int number() const { return number_; }
  void close() {
    if (number_ >= 0) ::close(number_);
    number_ = -1;
  }

 private:
  int number_;
};

std::vector<char*> pointers_to(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& text : strings) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

/// What the child does. Between fork and exec only functions that are safe in signal handlers may be called, and
/// nothing may be allocated: another thread may have held the allocator's lock.
[[noreturn]] void become(char* const* arguments, char* const* environment, int output, int report, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // Files and sockets of the parent are none of the program's business.
  close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  // The parent may have died before that.
  if (getppid() != parent) _exit(127);
  const int input = open("/dev/null", O_RDONLY);
  if (input >= 0 && dup2(input, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
      dup2(output, STDERR_FILENO) >= 0) {
    execve(arguments[0], arguments, environment);
  }
  const int reason = errno;
  [[maybe_unused]] const auto written = write(report, &reason, sizeof(reason));
  _exit(127);
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

std::vector<std::string> environment_without(const std::vector<std::string>& prefixes) {
  std::vector<std::string> result;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string text = *variable;
    const auto begins = [&](const std::string& prefix) { return text.starts_with(prefix); };
    if (std::none_of(prefixes.begin(), prefixes.end(), begins)) result.push_back(text);
  }
  return result;
}

ChildExit run_child(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
                    const std::string& output_file) {
  const auto fail = [&](const std::string& what, int reason) {
    throw IoError(what + " (" + std::strerror(reason) + ")");
  };
  const Descriptor output(open(output_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (output.number() < 0) fail(output_file + ": cannot be written", errno);
  // Closed by a successful exec; until then the way to tell why it failed.
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) fail("run_child: no pipe", errno);
  const Descriptor reader(ends[0]);
  Descriptor writer(ends[1]);
  const std::vector<char*> argument_pointers = pointers_to(arguments);
  const std::vector<char*> environment_pointers = pointers_to(environment);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) fail(arguments.front() + ": cannot be started", errno);
  if (child == 0) {
    become(argument_pointers.data(), environment_pointers.data(), output.number(), writer.number(), parent);
  }
  writer.close();
  int reason = 0;
  ssize_t received = -1;
  do {
    received = read(reader.number(), &reason, sizeof(reason));
  } while (received < 0 && errno == EINTR);
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) fail(arguments.front() + ": cannot be waited for", errno);
  }
  if (received == sizeof(reason)) fail(arguments.front() + ": cannot be started", reason);
  if (WIFSIGNALED(status)) return {0, WTERMSIG(status)};
  return {WEXITSTATUS(status), 0};
}

}  // namespace tessera
