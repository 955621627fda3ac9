// The checking longjmp takes a change of stacks for an error.
#undef _FORTIFY_SOURCE

#include "fiber.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <utility>

#include "fail.hpp"

namespace tessera::emulation {

namespace {

constexpr std::size_t kStackBytes = 256 * 1024;

Fiber* g_starting = nullptr;

std::size_t guard_bytes() { return static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }

// A function of its own: what its caller holds in registers survives the change.
[[gnu::noinline]] void change(std::jmp_buf& from, std::jmp_buf& to) {
  if (_setjmp(from) == 0) _longjmp(to, 1);
}

[[gnu::noinline]] void change_to_new(std::jmp_buf& from, const ucontext_t& to) {
  if (_setjmp(from) == 0) setcontext(&to);
}

}  // namespace

Fiber::Fiber(std::function<void()> body) : body_(std::move(body)) {
  // A stack grows down, into a page that may not be touched.
  void* memory = mmap(nullptr, guard_bytes() + kStackBytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED || mprotect(memory, guard_bytes(), PROT_NONE) != 0) fail("no memory for a stack");
  stack_ = static_cast<std::byte*>(memory);
  getcontext(&start_);
  start_.uc_stack.ss_sp = stack_ + guard_bytes();
  start_.uc_stack.ss_size = kStackBytes;
  start_.uc_link = nullptr;
  makecontext(&start_, run, 0);
}

Fiber::~Fiber() { munmap(stack_, guard_bytes() + kStackBytes); }

void Fiber::run() {
  Fiber& fiber = *g_starting;
  for (;;) fiber.body_();
}

void Fiber::resume() {
  if (std::exchange(started_, true)) {
    change(outside_, inside_);
  } else {
    g_starting = this;
    change_to_new(outside_, start_);
  }
}

void Fiber::leave() { change(inside_, outside_); }

}  // namespace tessera::emulation
