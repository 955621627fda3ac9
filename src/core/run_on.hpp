#pragma once

/// \file
/// Calls of kernels where the data is.

#include <utility>

#include "core/build_features.hpp"
#include "tessera/core/device.hpp"

namespace tessera {

/// body() on the CPU, body(stream) on a CUDA device, so that one call of a kernel serves both:
///   run_on(device, [&](const auto&... stream) { kernels::axpy(stream..., count, a, x, y); });
template <class Body>
decltype(auto) run_on(const Device& device, Body&& body) {
  if constexpr (kHasCuda) {
    if (device.is_cuda()) return std::forward<Body>(body)(device.stream());
  }
  return std::forward<Body>(body)();
}

}  // namespace tessera
