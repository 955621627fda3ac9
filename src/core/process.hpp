#pragma once

/// \file
/// Other programs as child processes, without a shell.

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

#include "core/descriptor.hpp"

namespace tessera {

/// How a process ended.
struct ProcessEnd {
  int exit_code = 0;  ///< meaningful when no signal ended it
  int signal = 0;

  bool success() const noexcept { return exit_code == 0 && signal == 0; }
  /// "exit code 3", "signal 9 (Killed)"
  std::string describe() const;
  /// From the status of waitpid.
  static ProcessEnd of_status(int status);
};

struct ProcessOptions {
  std::string folder = {};  ///< to work in; empty: this process's
  std::string log = {};     ///< gets standard output and error, at its end; empty: this process's
  /// Prefixes of the names of variables that are not handed on.
  std::vector<std::string> without = {};
  /// Set besides what this process has.
  std::map<std::string, std::string> environment = {};
  int input = -1;          ///< becomes its standard input; -1: /dev/null
  int output = -1;         ///< becomes its standard output; -1: see log
  int errors = -1;         ///< becomes its standard error; -1: see log
  bool bound = true;       ///< killed when the thread that started it ends
  bool own_group = false;  ///< leader of a process group, which signals typed at a terminal do not reach
};

/// Path of a program: `name` itself where it contains a slash, else the first executable file of that name in the
/// folders of PATH. Empty where there is none that can be executed.
std::string find_program(const std::string& name);

/// Starts the program argv[0], found through PATH; it inherits no open files but the three. IoError naming it when it
/// cannot be started.
pid_t start_process(const std::vector<std::string>& argv, const ProcessOptions& options = {});
/// Starts it and waits for its end.
ProcessEnd run_process(const std::vector<std::string>& argv, const ProcessOptions& options = {});
ProcessEnd wait_for(pid_t process);

/// What a finished program said on standard output.
struct ProcessOutput {
  ProcessEnd end;
  std::string text;
};
/// Its standard error goes the way of this process's unless `with_errors` adds it to the text.
ProcessOutput output_of(const std::vector<std::string>& argv, bool with_errors = true);

/// Readable while a signal of that number waits for this process, which from now on is not interrupted by it. Programs
/// started later are not affected.
Descriptor watch_signal(int number);

/// The process with the words as they would be typed, for messages.
std::string command_text(const std::vector<std::string>& argv);

}  // namespace tessera
