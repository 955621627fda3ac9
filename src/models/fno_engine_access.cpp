#include "models/fno_engine_access.hpp"

#include <tuple>
#include <utility>

namespace tessera {

namespace {

/// The partition with its channel ranks moved to the grid axis that has most cells per rank.
Partition without_channel_ranks(const FnoConfig& config, const Partition& partition) {
  Shape extents = partition.grid().extents();
  if (extents[1] == 1) return partition;
  std::size_t best = 2;
  for (std::size_t axis = 2; axis < extents.size(); ++axis) {
    if (config.grid[axis - 2] * extents[best] > config.grid[best - 2] * extents[axis]) best = axis;
  }
  extents[best] *= extents[1];
  extents[1] = 1;
  return partition.with_grid(RankGrid(extents));
}

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
Fno<T>::Engine::Engine(const FnoConfig& config, const Partition& partition, const engine::FnoWeights<T>& weights)
    : config_(config),
      partition_(partition),
      serves_(begins_with_transforms(config, without_channel_ranks(config, partition))),
      passes_(config, without_channel_ranks(config, partition), weights),
      idle_(std::make_shared<std::vector<std::unique_ptr<engine::FnoTrace<T>>>>()) {}

template <RealScalar T>
auto Fno<T>::Engine::moves(Index batch) -> const Moves& {
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
std::shared_ptr<engine::FnoTrace<T>> Fno<T>::Engine::take_trace() {
  std::unique_ptr<engine::FnoTrace<T>> trace;
  if (idle_->empty()) {
    trace = std::make_unique<engine::FnoTrace<T>>();
  } else {
    trace = std::move(idle_->back());
    idle_->pop_back();
  }
  return {trace.release(), [idle = idle_](engine::FnoTrace<T>* done) { idle->emplace_back(done); }};
}

template class Fno<float>::Engine;
template class Fno<double>::Engine;

}  // namespace tessera
