#pragma once

#include <string>

namespace tessera {

/// Path of OPM's program flow; throws ConfigError, saying how to install it, when there is none under that name.
std::string find_opm_flow(const std::string& program);

/// Runs it on a deck; result files go to `folder`, its messages to `log`. Throws IoError with the simulator's own
/// messages when it fails.
void run_opm_flow(const std::string& program, int threads, const std::string& deck, const std::string& folder,
                  const std::string& log);

}  // namespace tessera
