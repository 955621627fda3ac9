#pragma once

/// \file
/// The tasks that the tests of batches map.

#include <string>
#include <vector>

#include "tessera/batch/batch.hpp"

namespace tessera::batch::testing_support {

/// Records {name: 0}, {name: 1}, ...
inline std::vector<Record> numbered(Index count, const std::string& name = "x") {
  std::vector<Record> records;
  for (Index i = 0; i < count; ++i) records.push_back({{name, i}});
  return records;
}

/// x squared; fails at once for x in `failing` until attempt `succeeds_at`.
inline const Work kSquare = Work::of_function("test-square");
/// Ends badly in the way that `how` says: "throw", "abort", "exit", "hang".
inline const Work kBad = Work::of_function("test-bad");
/// Uses `seconds` of CPU time and `bytes` of memory.
inline const Work kBusy = Work::of_function("test-busy");
/// The sum of the bytes of `data`.
inline const Work kSum = Work::of_function("test-sum");
/// The sum of the ranks' numbers, from 1, and how many there are.
inline const Work kRanks = Work::of_function("test-ranks");

}  // namespace tessera::batch::testing_support
