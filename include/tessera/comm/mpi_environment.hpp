#pragma once

/// \file
/// Starting and ending MPI, and what becomes of an exception that leaves a program.

#include <functional>

#include "tessera/comm/communicator.hpp"

namespace tessera {

/// Initialises MPI (MPI_THREAD_FUNNELED) for its lifetime; leaves a running MPI alone.
class MpiEnvironment {
 public:
  MpiEnvironment(int& argc, char**& argv);
  ~MpiEnvironment();
  MpiEnvironment(const MpiEnvironment&) = delete;
  MpiEnvironment& operator=(const MpiEnvironment&) = delete;

 private:
  bool owns_;
};

/// The body of a main function: starts MPI, runs `program` and returns its exit code. An exception that leaves
/// `program` on any rank is printed once, with its kind (and its rank, when it is not all ranks'), and ends the whole
/// job within a second or so with exit code 1: no rank is left waiting.
int run_program(int argc, char** argv, const std::function<int(const std::shared_ptr<const Communicator>&)>& program);

}  // namespace tessera
