#pragma once

/// \file
/// Records as text.

#include <string>
#include <vector>

#include "harness.hpp"

namespace tessera::bench {

/// What all records of a run of a program share.
struct RunInfo {
  std::string program;
  std::string started;
  Machine machine;
  DeviceInfo device;
  Options options;
};

/// Writes a JSON array of objects, one per record, replacing the file at once: a reader never sees half of it. Local.
/// Throws IoError naming the file.
void write_records(const std::string& path, const RunInfo& run, const std::vector<Record>& records);

/// "grid 32x32, dtype float32"
std::string describe(const Fields& fields);

}  // namespace tessera::bench
