#pragma once

/// \file
/// An engine's passes on the CPU: tiles that stay in a core's cache, shared among threads.

#include <vector>

#include "models/engine/engine_backend.hpp"
#include "models/engine/sweep.hpp"
#include "models/engine/tile_network.hpp"

namespace tessera::engine {

template <RealScalar T>
class CpuBackend final : public EngineBackend<T> {
 public:
  /// `first_step`: the time step at which the rank's part of the grid begins. `store` must outlive the backend.
  CpuBackend(const FnoPart& part, Index first_step, GradientStore<T>& store)
      : config_(part.config), network_(part, first_step), store_(store) {}

  std::unique_ptr<BatchSweep<T>> sweep(const Box& part, const std::vector<std::optional<FourierLine>>& lines) override;
  Index stored_bytes() const override { return static_cast<Index>(sizeof(T)); }
  void start(const PointwiseWeights<T>& weights, Index samples) override;
  /// Threads add to the store's sums themselves.
  void collect() override {}

 private:
  /// A thread's tiles.
  struct ThreadMemory {
    typename TileNetwork<T>::Work work;
    Buffer<T> x, gx, y, target;
    Buffer<T> v, kept_v, z, gz, gv;
    kernels::Prefetch soon;         ///< what the next tile needs, asked for by the next activation
    std::vector<Buffer<T>> slopes;  ///< gelu'(z) of every block
  };
  class Tile;
  class TileSweep;

  FnoConfig config_;
  TileNetwork<T> network_;
  GradientStore<T>& store_;
  std::vector<ThreadMemory> memory_;
};

}  // namespace tessera::engine
