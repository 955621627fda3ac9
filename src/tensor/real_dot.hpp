#pragma once

#include "core/run_on.hpp"
#include "kernels/elementwise.hpp"
#include "tessera/core/storage.hpp"

namespace tessera {

/// Re sum_i conj(a[i]) b[i] of values in memory of `device`, on the host. Waits for the device.
template <class T>
double real_dot(const Device& device, Index count, const T* a, const T* b) {
  if (!device.is_cuda()) return kernels::real_dot(count, a, b);
  double sum = 0.0;
  run_on(device, [&](const auto&... stream) {
    if constexpr (sizeof...(stream) > 0) {
      DeviceBuffer<double> result(stream..., 1);
      kernels::real_dot(stream..., count, a, b, result.data());
      copy_values<double>(device, 1, result.data(), &sum);
    }
  });
  return sum;
}

}  // namespace tessera
