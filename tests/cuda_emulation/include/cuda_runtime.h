#pragma once

/// \file
/// The language of kernels as plain C++, and their launch; see cuda_runtime_api.h.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <tuple>
#include <utility>

#include "cuda_runtime_api.h"
#include "emulation/kernel.hpp"
#include "emulation/shared_variable.hpp"

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)

/// Poisons the variable that follows at the beginning of each block; it must be a Shared<T>.
#define __shared__                                      \
  []() -> tessera::emulation::SharedVariable& {         \
    static tessera::emulation::SharedVariable variable; \
    return variable;                                    \
  }()                                                   \
              .begin();                                 \
  static

struct alignas(16) uint4 {
  unsigned x, y, z, w;
};

using std::max;
using std::min;

inline float __uint_as_float(unsigned bits) { return std::bit_cast<float>(bits); }
inline unsigned __float_as_uint(float value) { return std::bit_cast<unsigned>(value); }

constexpr unsigned kWholeWarp = 0xffffffffu;

inline void __syncthreads() { tessera::emulation::wait_for_block(); }
inline void __syncwarp(unsigned lanes = kWholeWarp) { tessera::emulation::wait_for_warp(lanes, "__syncwarp"); }

template <class T>
T __shfl_sync(unsigned lanes, T value, int source) {
  return tessera::emulation::values_of_warp(lanes, "__shfl_sync", value)[source];
}

template <class T>
T __shfl_xor_sync(unsigned lanes, T value, int mask) {
  return tessera::emulation::values_of_warp(lanes, "__shfl_xor_sync", value)[tessera::emulation::lane() ^ mask];
}

template <class T>
T __shfl_down_sync(unsigned lanes, T value, unsigned distance) {
  const int own = tessera::emulation::lane(), source = own + static_cast<int>(distance);
  const auto values = tessera::emulation::values_of_warp(lanes, "__shfl_down_sync", value);
  return values[source < tessera::emulation::kWarp ? source : own];
}

struct cudaLaunchConfig_t {
  dim3 gridDim, blockDim;
  std::size_t dynamicSmemBytes;
  cudaStream_t stream;
};

enum cudaFuncAttribute { cudaFuncAttributeMaxDynamicSharedMemorySize = 8 };

template <class... Parameters>
cudaError_t cudaFuncSetAttribute(void (*kernel)(Parameters...), cudaFuncAttribute, int bytes) {
  return tessera::emulation::allow_shared_bytes(reinterpret_cast<const void*>(kernel), bytes);
}

template <class... Parameters, class... Arguments>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config, void (*kernel)(Parameters...),
                               Arguments&&... arguments) {
  const std::tuple<Parameters...> copies(std::forward<Arguments>(arguments)...);
  return tessera::emulation::put_kernel(config->stream, reinterpret_cast<const void*>(kernel),
                                        {config->gridDim, config->blockDim, config->dynamicSmemBytes},
                                        [kernel, copies] { std::apply(kernel, copies); });
}
