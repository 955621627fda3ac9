#pragma once

/// \file
/// How a model's tensors reach its engine; for Fno's own sources.

#include <map>
#include <optional>

#include "models/engine/fno_engine.hpp"
#include "tessera/models/fno.hpp"
#include "tessera/primitives/repartition.hpp"

namespace tessera {

/// The engine of a model, and the movements between the model's partition and the engine's.
template <RealScalar T>
class Fno<T>::Engine {
 public:
  Engine(const FnoConfig& config, const Partition& partition, const engine::FnoWeights<T>& weights);

  /// Null where a movement is not needed.
  struct Moves {
    std::optional<Repartition<T>> input, output;
    TensorSpace input_space, output_space;
  };
  const Moves& moves(Index batch);

  engine::FnoEngine<T>& passes() noexcept { return passes_; }
  /// False where the schedule exchanges before any transform, so that tiles alone say nothing.
  bool serves() const noexcept { return serves_; }

  /// Traces are handed back and forth, so that their memory is used again.
  std::shared_ptr<engine::FnoTrace<T>> take_trace();

 private:
  FnoConfig config_;
  Partition partition_;
  bool serves_;
  engine::FnoEngine<T> passes_;
  std::map<Index, Moves> moves_;
  std::shared_ptr<std::vector<std::unique_ptr<engine::FnoTrace<T>>>> idle_;
};

}  // namespace tessera
