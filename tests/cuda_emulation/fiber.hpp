#pragma once

/// \file
/// Stacks that take turns on one host thread.

#include <ucontext.h>

#include <csetjmp>
#include <cstddef>
#include <functional>

namespace tessera::emulation {

/// A loop with a stack of its own: each call of `resume` goes on with it until it calls `leave`.
class Fiber {
 public:
  /// body() is called again and again.
  explicit Fiber(std::function<void()> body);
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// To be called outside of all fibers.
  void resume();

  /// To be called from inside: back to the caller of resume.
  void leave();

 private:
  static void run();

  std::function<void()> body_;
  std::byte* stack_;
  ucontext_t start_;
  bool started_ = false;
  std::jmp_buf inside_, outside_;
};

}  // namespace tessera::emulation
