#pragma once

/// \file
/// What the passes of an FnoEngine have in common; for its own sources.

#include <limits>

#include "models/engine/fno_engine.hpp"
#include "models/engine/required_storage.hpp"

namespace tessera::engine {

/// A batch size's plan, mode buffers for what is gathered in a pass and pulled back through the blocks, and the
/// samples' factors: passes find them at the same address in every computation, and can be replayed.
template <RealScalar T>
struct FnoEngine<T>::BatchPlan {
  std::unique_ptr<BatchSweep<T>> sweep;
  SpectralCoupling<T> coupling;
  Index first_sample;  ///< of this rank, in the batch
  Storage<T> gathered;
  std::vector<Storage<T>> pulled;
  Storage<double> factors;  ///< what the error of every sample of this rank is to be multiplied by, once that is known
};

/// A tile's way from v_begin to v_end through the blocks between them.
template <RealScalar T>
struct FnoEngine<T>::Chain {
  static constexpr Index kNone = -1;

  Index begin = 0, end = 0;
  bool from_stored = false;  ///< v_begin is stored in the trace; else begin is 0 and v_0 is made from the input
  bool store = false;        ///< leave v_end there
  bool store_z = false;      ///< store z of block end - 1, in a place of its own or, of the last block, that of v_begin
  bool lift_slopes = false;  ///< keep the slopes of the lift for its backward pass
  Index kept_v = kNone;      ///< v_kept_v outlives the chain in EngineTile::kept_v
  Index first_slope = std::numeric_limits<Index>::max();  ///< slopes gelu'(z) are kept from this block on
};

}  // namespace tessera::engine
