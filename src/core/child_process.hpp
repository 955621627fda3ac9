#pragma once

#include <string>
#include <vector>

namespace tessera {

/// Path of a program: `name` itself where it contains a slash, else the first executable file of that name in the
/// folders of PATH. Empty where there is none that can be executed.
std::string find_program(const std::string& name);

/// The environment as NAME=value, without the variables whose names begin with one of the prefixes.
std::vector<std::string> environment_without(const std::vector<std::string>& prefixes);

/// How a child process ended.
struct ChildExit {
  int status = 0;  ///< of exit, when it was not killed
  int signal = 0;  ///< that killed it, else 0
};

/// Runs a program, without a shell, and waits for it. `arguments` begins with the program's path; standard input is
/// empty, both outputs go to `output_file`, which is replaced; no other open file is handed on. The child dies with the
/// thread that started it. Throws IoError when the file cannot be written or the program cannot be started.
ChildExit run_child(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
                    const std::string& output_file);

}  // namespace tessera
