#pragma once

/// \file
/// history.csv: one line per epoch of a training run.

#include <optional>
#include <string>

#include "tessera/training/trainer.hpp"

namespace tessera::cli {

/// Written by rank 0 alone, a line at a time, so that an interrupted run keeps what it had.
class History {
 public:
  /// A new file, or with `epochs_done` > 0 the first lines of the existing one. Throws IoError when it cannot be
  /// written.
  History(std::string path, Index epochs_done);

  /// Appends an epoch; the validation columns stay empty without metrics. Throws IoError.
  void add(const EpochRecord& record, const std::optional<Metrics>& valid);

 private:
  void append(const std::string& line) const;

  std::string path_;
};

}  // namespace tessera::cli
