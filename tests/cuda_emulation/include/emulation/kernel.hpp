#pragma once

/// \file
/// Kernels on the host: the threads of a block are fibers, which run one at a time and leave only where they wait for
/// others; the blocks run one after another. What no device would accept, such as a barrier that a thread of the block
/// does not come to, ends the program with a message.

#include <cstddef>
#include <cstring>
#include <functional>

#include "cuda_runtime_api.h"

struct uint3 {
  unsigned x = 0, y = 0, z = 0;
};

struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned x_extent = 1, unsigned y_extent = 1, unsigned z_extent = 1)
      : x(x_extent), y(y_extent), z(z_extent) {}
};

/// Those of the thread that runs.
extern uint3 threadIdx, blockIdx;
extern dim3 blockDim, gridDim;

namespace tessera::emulation {

inline constexpr int kWarp = 32;

struct Grid {
  dim3 blocks, threads;
  std::size_t shared_bytes;
};

/// cudaErrorInvalidValue or cudaErrorInvalidConfiguration where CUDA gives it.
cudaError_t allow_shared_bytes(const void* kernel, int bytes);
cudaError_t put_kernel(cudaStream_t stream, const void* kernel, const Grid& grid, std::function<void()> body);

/// Calls `body` once for every thread.
void run_grid(const Grid& grid, const std::function<void()>& body);

/// 16-byte aligned, Grid::shared_bytes long, poisoned when the block begins.
void* dynamic_memory();

/// Barriers. All lanes must be named in `lanes`, and come to the same `call`.
void wait_for_block();
void wait_for_warp(unsigned lanes, const char* call);

/// The thread's number in its warp.
int lane();

/// What a lane shows to the others of its warp at most.
inline constexpr std::size_t kMostShownBytes = 32;

/// Shows `bytes` from `mine` to the warp; returns what lane 0 shows, lane after lane kMostShownBytes apart. To be read
/// before the warp's next call but one.
const std::byte* show_to_warp(unsigned lanes, const char* call, const void* mine, std::size_t bytes);

/// The value of each lane.
template <class T>
class WarpValues {
 public:
  explicit WarpValues(const std::byte* shown) : shown_(shown) {}
  T operator[](int lane) const {
    T value;
    std::memcpy(&value, shown_ + static_cast<std::size_t>(lane) * kMostShownBytes, sizeof value);
    return value;
  }

 private:
  const std::byte* shown_;
};

template <class T>
WarpValues<T> values_of_warp(unsigned lanes, const char* call, const T& mine) {
  static_assert(sizeof(T) <= kMostShownBytes);
  return WarpValues<T>(show_to_warp(lanes, call, &mine, sizeof mine));
}

}  // namespace tessera::emulation
