#pragma once

/// \file
/// A task that leaves a trace of every time it runs.

#include <string>
#include <vector>

#include "tessera/batch/batch.hpp"

namespace tessera::batch::testing_support {

/// Adds a line "begin <index> <process>" to the file `journal`, sleeps `seconds`, adds "end <index> <process>".
inline const Work kStep = Work::of_function("test-step");

/// Registers it.
void register_step();

inline std::vector<Record> steps(Index count, double seconds, const std::string& journal) {
  return std::vector<Record>(static_cast<std::size_t>(count), {{"seconds", seconds}, {"journal", journal}});
}

}  // namespace tessera::batch::testing_support
