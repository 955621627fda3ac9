#pragma once

/// \file
/// Debugging aid for programs whose ranks disagree about what to do next.

#include <memory>
#include <string_view>

#include "tessera/comm/communicator.hpp"

namespace tessera {

/// True when the environment holds TESSERA_CHECK=1.
bool collective_checks_enabled();

/// Placed at the start of every collective operation. With TESSERA_CHECK=1 the ranks compare a hash of the operation,
/// the shape and the number of guarded calls so far; where they differ every rank throws MpiError with what each rank
/// was about to do (ranks as the program numbers them). For the guard's lifetime a watchdog reports, every
/// TESSERA_WATCHDOG seconds (default 30), which operation this rank is waiting in. Without TESSERA_CHECK, and on ranks
/// outside the communicator, it does nothing.
class CollectiveGuard {
 public:
  CollectiveGuard(const Communicator& communicator, std::string_view operation, const Shape& shape);
  ~CollectiveGuard();
  CollectiveGuard(const CollectiveGuard&) = delete;
  CollectiveGuard& operator=(const CollectiveGuard&) = delete;

 private:
  class Watchdog;
  std::unique_ptr<Watchdog> watchdog_;
};

}  // namespace tessera
