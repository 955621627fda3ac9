#pragma once

/// \file
/// How a model's tensors reach its engine.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/engine/fno_engine.hpp"
#include "tessera/primitives/repartition.hpp"

namespace tessera::engine {

/// The ranks of a partition as an engine divides the grid among them: those on the channel axis moved to the grid axis
/// that has most cells per rank.
Partition engine_ranks(const Shape& grid, const Partition& partition);
RankGrid engine_ranks(const Shape& grid, const RankGrid& ranks);

/// The engine of a part of a model, and the movements between the model's partition and the engine's.
template <RealScalar T>
class FnoStage {
 public:
  /// `callers`: see FnoEngine. Collective over them.
  FnoStage(const FnoPart& part, const Partition& partition, const Communicator& callers, const FnoWeights<T>& weights);

  /// Null where a movement is not needed.
  struct Moves {
    std::optional<Repartition<T>> input, output;
    TensorSpace input_space, output_space;
  };
  const Moves& moves(Index batch);

  FnoEngine<T>& passes() noexcept { return passes_; }
  /// Whether passes over tiles can compute the part, and why not.
  bool serves() const noexcept { return why_not_.empty(); }
  const std::string& why_not() const noexcept { return why_not_; }

  /// Traces are handed back and forth, so that their memory is used again.
  std::shared_ptr<FnoTrace<T>> take_trace();

 private:
  FnoConfig config_;
  Partition partition_;
  std::string why_not_;
  FnoEngine<T> passes_;
  std::map<Index, Moves> moves_;
  std::shared_ptr<std::vector<std::unique_ptr<FnoTrace<T>>>> idle_;
};

}  // namespace tessera::engine
