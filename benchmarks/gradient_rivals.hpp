#pragma once

/// \file
/// Other programs that compute the same gradient, timed in turns with ours.

#include <memory>
#include <string>
#include <vector>

#include "child_process.hpp"
#include "gradient_case.hpp"
#include "harness.hpp"

namespace tessera::bench {

/// A program that computes once for each line "go" and answers "SECONDS PEAK_BYTES". On ranks other than 0 it is
/// nothing. Members are collective.
class Rival {
 public:
  /// Starts `command` on rank 0. Throws IoError when it cannot be started.
  Rival(World world, const std::vector<std::string>& command);

  /// What the program answers to "ready", its first line: "ready" and what it is, or else why it cannot compute.
  std::string state();

  /// One computation; other ranks wait without taking time from it. Throws IoError where it fails.
  void compute();

  /// The most memory that it has used, as it last answered. Local to rank 0; elsewhere 0.
  Index peak_bytes() const { return peak_bytes_; }

 private:
  World world_;
  std::unique_ptr<ChildProcess> process_;
  Index peak_bytes_ = 0;
};

/// compare_dfno.py on as many ranks, cut alike.
std::vector<std::string> dfno_command(const GradientSettings& settings, const Options& options, const Shape& partition,
                                      int ranks);

/// compare_torch_fno.py on the same kind of device. `variant`: "eager" or "compile", with "-tf32" or "-bf16" behind it
/// for products by tensor cores.
std::vector<std::string> torch_command(const GradientSettings& settings, const Options& options,
                                       const std::string& pass, const std::string& variant);

/// The names of all variants.
const std::vector<std::string>& torch_variants();

}  // namespace tessera::bench
