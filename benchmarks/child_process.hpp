#pragma once

/// \file
/// Another program, talked to line by line.

#include <sys/types.h>

#include <cstdio>
#include <string>
#include <vector>

namespace tessera::bench {

/// Starts a program (found along PATH) without the variables by which mpirun tells a process that it is one of its
/// ranks, so that it may be an mpirun itself. The destructor closes its input and waits for its end.
class ChildProcess {
 public:
  /// Throws IoError when it cannot be started.
  explicit ChildProcess(const std::vector<std::string>& command);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  /// Sends a line and returns the line it answers. Throws IoError when it has ended instead.
  std::string ask(const std::string& line);

 private:
  std::string name_;
  pid_t process_ = -1;
  std::FILE* to_ = nullptr;
  std::FILE* from_ = nullptr;
};

}  // namespace tessera::bench
