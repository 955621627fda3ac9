#pragma once

/// \file
/// How kernels are started; elementwise ones so that every thread takes 16 bytes of each array at a time where all
/// arrays are aligned to that, and comes back a grid's width further.

#include <cuda_runtime.h>

#include <cstdint>
#include <utility>

#include "core/backends/cuda_error.hpp"
#include "tessera/core/shape.hpp"
#include "tessera/core/stream.hpp"

namespace tessera::kernels::cuda {

inline constexpr int kThreads = 256;

/// Enough to fill any device many times over; longer arrays are gone through in several rounds.
inline constexpr Index kMaxBlocks = Index{1} << 16;

/// Blocks for `items`, one to a thread as far as kMaxBlocks goes; at least 1.
inline unsigned blocks_for(Index items) {
  const Index blocks = (items + kThreads - 1) / kThreads;
  return static_cast<unsigned>(blocks < 1 ? 1 : blocks < kMaxBlocks ? blocks : kMaxBlocks);
}

/// Puts kernel(arguments...) on the stream, `blocks` of `threads` with shared_bytes of dynamic shared memory each;
/// `name` names it in errors.
template <class... Parameters, class... Arguments>
void launch(const Stream& stream, const char* name, void (*kernel)(Parameters...), dim3 blocks, dim3 threads,
            std::size_t shared_bytes, Arguments&&... arguments) {
  cudaLaunchConfig_t config = {};
  config.gridDim = blocks;
  config.blockDim = threads;
  config.dynamicSmemBytes = shared_bytes;
  config.stream = stream.handle();
  // A refusal is also what check_launch finds.
  cudaLaunchKernelEx(&config, kernel, std::forward<Arguments>(arguments)...);
  detail::check_launch(name);
}

/// Number of this thread in the grid, and of all threads of the grid.
__device__ inline Index thread_number() { return static_cast<Index>(blockIdx.x) * blockDim.x + threadIdx.x; }
__device__ inline Index thread_total() { return static_cast<Index>(gridDim.x) * blockDim.x; }

/// What a thread loads or stores at once.
inline constexpr int kPackBytes = 16;

template <class T>
inline constexpr int kPackLanes = kPackBytes / static_cast<int>(sizeof(T));

template <class T, int Lanes>
struct alignas(sizeof(T) * Lanes) Pack {
  T lane[Lanes];
};

template <int Lanes, class T>
__device__ inline Pack<T, Lanes> load(const T* from) {
  return *reinterpret_cast<const Pack<T, Lanes>*>(from);
}

template <int Lanes, class T>
__device__ inline void store(const Pack<T, Lanes>& pack, T* to) {
  *reinterpret_cast<Pack<T, Lanes>*>(to) = pack;
}

template <class... T>
bool aligned_to_packs(const T*... pointers) {
  return ((reinterpret_cast<std::uintptr_t>(pointers) % kPackBytes == 0) && ...);
}

/// body.at<Lanes>(i) handles the elements i to i + Lanes - 1.
template <int Lanes, class Body>
__global__ void __launch_bounds__(kThreads) for_each_pack(Index count, Body body) {
  const Index packs = count / Lanes;
  for (Index pack = thread_number(); pack < packs; pack += thread_total()) body.template at<Lanes>(pack * Lanes);
  for (Index i = packs * Lanes + thread_number(); i < count; i += thread_total()) body.template at<1>(i);
}

/// Puts body on the stream for all i < count; `Lanes` elements at once when `aligned`. `kernel` names it in errors.
template <int Lanes, class Body>
void for_each_element(const Stream& stream, const char* kernel, Index count, bool aligned, const Body& body) {
  if (count <= 0) return;
  if (aligned) {
    launch(stream, kernel, for_each_pack<Lanes, Body>, blocks_for((count + Lanes - 1) / Lanes), kThreads, 0, count,
           body);
  } else {
    launch(stream, kernel, for_each_pack<1, Body>, blocks_for(count), kThreads, 0, count, body);
  }
}

}  // namespace tessera::kernels::cuda
