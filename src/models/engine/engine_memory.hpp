#pragma once

/// \file
/// What an FnoEngine keeps between passes; for its own sources.

#include "models/engine/fno_engine.hpp"

namespace tessera::engine {

/// No block.
inline constexpr Index kNone = -1;

/// A batch size's plan, and mode buffers for what is gathered in a pass and pulled back through the blocks.
template <RealScalar T>
struct FnoEngine<T>::BatchPlan {
  Box part;
  Sweep<T> sweep;
  SpectralCoupling<T> coupling;
  Buffer<T> gathered;
  std::vector<Buffer<T>> pulled;
};

/// A thread's tiles.
template <RealScalar T>
struct FnoEngine<T>::ThreadMemory {
  typename TileNetwork<T>::Work work;
  Buffer<T> x, gx, y, target;
  Buffer<T> v, kept_v, z, gz, gv;
  std::vector<Buffer<T>> slopes;  ///< gelu'(z) of every block
};

}  // namespace tessera::engine
