#pragma once

/// \file
/// The data sets of a training run, the cache they go through, and how long the steps waited for them.

#include <optional>
#include <string>
#include <vector>

#include "run_config.hpp"
#include "tessera/io/dataset.hpp"

namespace tessera::cli {

/// Members are collective unless they say otherwise; texts are the same on all ranks.
class TrainingInput {
 public:
  /// Opens the cache where one is asked for. ConfigError for a limit without a cache; IoError, on all ranks, when the
  /// folder cannot be made.
  TrainingInput(const RunConfig& config, std::shared_ptr<const Communicator> world);

  Dataset open(const std::string& path);

  /// A line on the cache before it is used; nothing where there is none.
  std::optional<std::string> announcement() const;
  /// Counts an epoch. Not collective.
  void add(const EpochRecord& record);
  /// Lines on what the input cost.
  std::vector<std::string> summary() const;

 private:
  std::shared_ptr<const Communicator> world_;
  std::shared_ptr<const ObjectCache> cache_;
  std::vector<std::string> kept_, not_kept_;  ///< data sets that go through the cache, and those that cannot
  double step_seconds_ = 0.0, input_seconds_ = 0.0;
};

}  // namespace tessera::cli
