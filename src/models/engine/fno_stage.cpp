#include "models/engine/fno_stage.hpp"

#include <tuple>
#include <utility>

namespace tessera::engine {

RankGrid engine_ranks(const Shape& grid, const RankGrid& ranks) {
  Shape extents = ranks.extents();
  if (extents[1] == 1) return ranks;
  std::size_t best = 2;
  for (std::size_t axis = 2; axis < extents.size(); ++axis) {
    if (grid[axis - 2] * extents[best] > grid[best - 2] * extents[axis]) best = axis;
  }
  extents[best] *= extents[1];
  extents[1] = 1;
  return RankGrid(extents);
}

Partition engine_ranks(const Shape& grid, const Partition& partition) {
  return partition.with_grid(engine_ranks(grid, partition.grid()));
}

namespace {

bool begins_with_transforms(const FnoConfig& config, const Partition& ranks) {
  const TransformPlan plan =
      plan_transform(1, config.width, SpectralGrid(config.grid, config.modes), ranks.grid(), config.schedule);
  return plan.steps.front().kind == TransformStep::Kind::transform;
}

/// The input's space as the engine reads it: all steps on every rank along time, where time is lifted.
TensorSpace engine_input(const FnoConfig& config, const Partition& ranks, Index batch) {
  auto cuts = ranks.grid().cuts();
  if (config.in_steps > 0 && ranks.grid().extents().back() > 1) cuts.back() = RankGrid::kReplicate;
  return {config.input_shape(batch), ranks.with_grid(RankGrid(ranks.grid().extents(), cuts))};
}

}  // namespace

template <RealScalar T>
FnoStage<T>::FnoStage(const FnoPart& part, const Partition& partition, const Communicator& callers,
                      const FnoWeights<T>& weights)
    : config_(part.config),
      partition_(partition),
      serves_(begins_with_transforms(config_, engine_ranks(config_.grid, partition))),
      passes_(part, engine_ranks(config_.grid, partition), callers, weights),
      idle_(std::make_shared<std::vector<std::unique_ptr<FnoTrace<T>>>>()) {}

template <RealScalar T>
auto FnoStage<T>::moves(Index batch) -> const Moves& {
  const auto found = moves_.find(batch);
  if (found != moves_.end()) return found->second;
  const TensorSpace input{config_.input_shape(batch), partition_}, output{config_.output_shape(batch), partition_};
  const Partition& ranks = passes_.ranks();
  Moves& entry = moves_
                     .emplace(std::piecewise_construct, std::forward_as_tuple(batch),
                              std::forward_as_tuple(std::nullopt, std::nullopt, engine_input(config_, ranks, batch),
                                                    TensorSpace{output.shape, ranks}))
                     .first->second;
  if (!(entry.input_space == input)) entry.input.emplace(input.shape, partition_, entry.input_space.partition, "Fno");
  if (!(entry.output_space == output)) entry.output.emplace(output.shape, ranks, partition_, "Fno");
  return entry;
}

template <RealScalar T>
std::shared_ptr<FnoTrace<T>> FnoStage<T>::take_trace() {
  std::unique_ptr<FnoTrace<T>> trace;
  if (idle_->empty()) {
    trace = std::make_unique<FnoTrace<T>>();
  } else {
    trace = std::move(idle_->back());
    idle_->pop_back();
  }
  return {trace.release(), [idle = idle_](FnoTrace<T>* done) { idle->emplace_back(done); }};
}

template class FnoStage<float>;
template class FnoStage<double>;

}  // namespace tessera::engine
