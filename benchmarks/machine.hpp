#pragma once

/// \file
/// What a figure was measured on, and how much memory a process has used. Linux; elsewhere some of it is unknown.

#include <cstdint>
#include <string>

namespace tessera::bench {

/// The machine and the program of a measurement.
struct Machine {
  std::string processor;      ///< model name, "unknown" where the system does not tell
  int cores;                  ///< cores this process may be scheduled on
  std::int64_t memory_bytes;  ///< main memory
  std::string mpi;            ///< name and version of the MPI library
  std::string compiler;       ///< compiler and its version
};

Machine this_machine();

/// `git describe --always --dirty` of the sources when this program was built; "unknown" outside a git checkout.
std::string commit();

/// Resident memory of this process now, in bytes; 0 where the system does not tell.
std::int64_t resident_memory();
/// Largest resident memory of this process since it started or since the last successful reset, in bytes.
std::int64_t peak_memory();
/// Hands freed memory back to the system and lowers the peak to what is resident now. Returns whether the system can
/// (Linux, a writable /proc/self/clear_refs); otherwise peaks stay those of the whole program.
bool reset_peak_memory();
/// Makes allocations beyond `bytes` of private memory in this process fail, so that a case that does not fit is an
/// error rather than the end of the machine. Throws ArgumentError when the system refuses.
void limit_memory(std::int64_t bytes);

}  // namespace tessera::bench
