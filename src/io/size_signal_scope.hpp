#pragma once

/// \file
/// Limits on the size of files as errors. Private to the io room.

#include <signal.h>

namespace tessera {

/// Ignores SIGXFSZ until the end of the scope, so that a file-size limit is an error code instead of the end of the
/// process.
class SizeSignalScope {
 public:
  SizeSignalScope() {
    struct sigaction ignore = {};
    ignore.sa_handler = SIG_IGN;
    sigaction(SIGXFSZ, &ignore, &before_);
  }
  ~SizeSignalScope() { sigaction(SIGXFSZ, &before_, nullptr); }
  SizeSignalScope(const SizeSignalScope&) = delete;
  SizeSignalScope& operator=(const SizeSignalScope&) = delete;

 private:
  struct sigaction before_ = {};
};

}  // namespace tessera
