#include "block.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <string>

#include "fail.hpp"
#include "settings.hpp"

uint3 threadIdx, blockIdx;
dim3 blockDim, gridDim;

namespace tessera::emulation {

void Block::run(const Grid& grid, const uint3& index, const std::function<void()>& body) {
  body_ = &body;
  begin(grid, index);
  while (begun_ < order_.size()) {
    if (idle_.empty()) {
      fibers_.push_back(std::make_unique<Fiber>([this] { run_unbegun_threads(); }));
      idle_.push_back(fibers_.back().get());
    }
    running_ = idle_.back();
    idle_.pop_back();
    running_->resume();
  }
  while (count(State::ended) < static_cast<int>(threads_.size())) {
    release_barriers();
    put_in_order();
    for (const int thread : order_) {
      if (threads_[static_cast<std::size_t>(thread)].state != State::ready) continue;
      become(thread);
      running_ = threads_[static_cast<std::size_t>(thread)].fiber;
      running_->resume();
    }
  }
}

void Block::begin(const Grid& grid, const uint3& index) {
  blockIdx = index;
  blockDim = grid.threads;
  gridDim = grid.blocks;
  const std::size_t threads = std::size_t{grid.threads.x} * grid.threads.y * grid.threads.z;
  threads_.assign(threads, {State::not_begun, nullptr, nullptr, 0});
  for (auto& shown : shown_) shown.resize(threads);
  order_.resize(threads);
  begun_ = 0;
  put_in_order();
}

void Block::put_in_order() {
  std::iota(order_.begin(), order_.end(), 0);
  switch (settings().order) {
    case Order::forward: break;
    case Order::reverse: std::reverse(order_.begin(), order_.end()); break;
    case Order::random: std::shuffle(order_.begin(), order_.end(), random_); break;
  }
}

void Block::run_unbegun_threads() {
  while (begun_ < order_.size()) {
    const int number = order_[begun_++];
    threads_[static_cast<std::size_t>(number)].fiber = running_;
    become(number);
    (*body_)();
    // Not `number`: this fiber may have waited.
    threads_[static_cast<std::size_t>(current_)].state = State::ended;
  }
  idle_.push_back(running_);
  running_->leave();
}

void Block::become(int thread) {
  current_ = thread;
  threads_[static_cast<std::size_t>(thread)].state = State::ready;
  const auto number = static_cast<unsigned>(thread);
  threadIdx = {number % blockDim.x, number / blockDim.x % blockDim.y, number / blockDim.x / blockDim.y};
}

void Block::wait(State state) {
  threads_[static_cast<std::size_t>(current_)].state = state;
  running_->leave();
}

void Block::wait_for_block() { wait(State::at_block_barrier); }

void Block::wait_for_warp(unsigned lanes, const char* call) {
  if (lanes != 0xffffffffu) fail(std::string(call) + " of a part of a warp" + where());
  threads_[static_cast<std::size_t>(current_)].call = call;
  wait(State::at_warp_barrier);
}

const std::byte* Block::show_to_warp(unsigned lanes, const char* call, const void* mine, std::size_t bytes) {
  const auto me = static_cast<std::size_t>(current_);
  // In turn: a lane may show its next value while others still read this one.
  std::vector<Shown>& shown = shown_[static_cast<std::size_t>(threads_[me].shown++ % 2)];
  std::memcpy(shown[me].bytes.data(), mine, bytes);
  wait_for_warp(lanes, call);
  return shown[me / kWarp * kWarp].bytes.data();
}

void Block::release_barriers() {
  if (!release_warps()) release_block();
}

bool Block::release_warps() {
  bool released = false;
  for (std::size_t first = 0; first < threads_.size(); first += kWarp) {
    const auto begin = threads_.begin() + static_cast<std::ptrdiff_t>(first);
    const auto end = threads_.begin() + static_cast<std::ptrdiff_t>(std::min(first + kWarp, threads_.size()));
    const auto waits = [](const Thread& thread) { return thread.state == State::at_warp_barrier; };
    const auto waiting = std::find_if(begin, end, waits);
    if (waiting == end) continue;
    const bool together = std::all_of(begin, end, [&](const Thread& thread) {
      return waits(thread) && std::strcmp(thread.call, waiting->call) == 0;
    });
    if (!together) fail(std::string(waiting->call) + " that not every lane of the warp comes to" + where());
    std::for_each(begin, end, [](Thread& thread) { thread.state = State::ready; });
    released = true;
  }
  return released;
}

void Block::release_block() {
  const int waiting = count(State::at_block_barrier), all = static_cast<int>(threads_.size());
  if (waiting != all) {
    fail("__syncthreads that only " + std::to_string(waiting) + " of " + std::to_string(all) + " threads come to" +
         where());
  }
  for (Thread& thread : threads_) thread.state = State::ready;
}

int Block::count(State state) const {
  return static_cast<int>(
      std::count_if(threads_.begin(), threads_.end(), [&](const Thread& thread) { return thread.state == state; }));
}

std::string Block::where() const {
  return ", in block " + std::to_string(blockIdx.x) + ", " + std::to_string(blockIdx.y) + ", " +
         std::to_string(blockIdx.z);
}

}  // namespace tessera::emulation
