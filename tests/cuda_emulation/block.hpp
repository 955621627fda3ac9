#pragma once

/// \file
/// The threads of one block.

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <random>
#include <vector>

#include "emulation/kernel.hpp"
#include "fiber.hpp"

namespace tessera::emulation {

/// Runs block after block. A fiber whose thread has ended goes on with the next thread that has not begun, so that
/// without barriers one fiber serves the whole block.
class Block {
 public:
  /// Calls `body` once for every thread, as block `index` of the grid.
  void run(const Grid& grid, const uint3& index, const std::function<void()>& body);

  // What the running thread calls.
  void wait_for_block();
  void wait_for_warp(unsigned lanes, const char* call);
  const std::byte* show_to_warp(unsigned lanes, const char* call, const void* mine, std::size_t bytes);
  int lane() const { return current_ % kWarp; }

 private:
  enum class State { not_begun, ready, at_block_barrier, at_warp_barrier, ended };

  struct Thread {
    State state;
    const char* call;  ///< the one that waits for the warp
    Fiber* fiber;
    int shown;  ///< how often it has shown something
  };

  struct alignas(16) Shown {
    std::array<std::byte, kMostShownBytes> bytes;
  };

  void begin(const Grid& grid, const uint3& index);
  void put_in_order();
  void run_unbegun_threads();
  void become(int thread);
  void wait(State state);
  void release_barriers();
  bool release_warps();
  void release_block();
  int count(State state) const;
  std::string where() const;

  const std::function<void()>* body_ = nullptr;
  std::vector<Thread> threads_;
  std::vector<int> order_;
  std::size_t begun_ = 0;  ///< of order_
  int current_ = 0;
  std::array<std::vector<Shown>, 2> shown_;  ///< in turn, for each thread
  std::vector<std::unique_ptr<Fiber>> fibers_;
  std::vector<Fiber*> idle_;
  Fiber* running_ = nullptr;
  std::mt19937 random_;
};

}  // namespace tessera::emulation
