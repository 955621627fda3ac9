#pragma once

/// \file
/// Passes that are repeated with the same memory.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "core/device_graph.hpp"

namespace tessera::engine {

/// Carries out passes on a device: one that has come before, with the same memory and numbers, is recorded as a graph,
/// and replayed from then on, so that starting its kernels costs the host almost nothing.
class PassGraphs {
 public:
  /// Everything that a pass's work depends on: which pass it is, all addresses, all numbers that are arguments.
  using Key = std::vector<std::uint64_t>;
  enum class Way { carried_out, recorded, replayed };

  /// The work of `body`, which puts it on the stream and must be the same whenever the key is. Throws what body throws.
  Way run(const Stream& stream, const Key& key, const std::function<void()>& body);

 private:
  /// Without a graph until a key comes for the second time.
  std::map<Key, std::optional<DeviceGraph>> graphs_;
};

}  // namespace tessera::engine
