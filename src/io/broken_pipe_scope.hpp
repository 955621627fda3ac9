#pragma once

/// \file
/// Connections that the other side closed as errors. Private to the io room.

#include <pthread.h>
#include <signal.h>

#include <ctime>

namespace tessera {

/// Keeps SIGPIPE from this thread until the end of the scope, so that writing to a closed connection is an error code
/// instead of the end of the process.
class BrokenPipeScope {
 public:
  BrokenPipeScope() {
    sigset_t pending;
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    sigpending(&pending);
    pending_before_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~BrokenPipeScope() {
    constexpr timespec kNow = {};
    if (!pending_before_) sigtimedwait(&pipe_, nullptr, &kNow);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  BrokenPipeScope(const BrokenPipeScope&) = delete;
  BrokenPipeScope& operator=(const BrokenPipeScope&) = delete;

 private:
  sigset_t pipe_ = {}, before_ = {};
  bool pending_before_ = false;
};

}  // namespace tessera
