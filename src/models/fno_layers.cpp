#include "tessera/models/fno_layers.hpp"

#include <string>

#include "models/engine/gradient_store.hpp"
#include "tessera/core/error.hpp"

namespace tessera {

namespace {

/// The stages, checked before any layer is built.
const std::vector<Partition>& validated(const char* model, const FnoConfig& config,
                                        const std::vector<Partition>& stages) {
  config.validate();
  const std::size_t axes = config.grid.size() + 2;
  for (const Partition& stage : stages) {
    if (stage.grid().extents().size() == axes && stage.grid() == RankGrid(stage.grid().extents())) continue;
    throw PartitionError(std::string(model) + ": the partition " + to_string(stage) + " must have " +
                         std::to_string(axes) + " entries: batch, channel and " + std::to_string(config.grid.size()) +
                         " grid axes");
  }
  return stages;
}

/// The channel lift follows a gelu only where time is lifted first.
double lift_channel_gain(const FnoConfig& config) { return config.in_steps > 0 ? kGeluGain : 1.0; }

}  // namespace

template <RealScalar T>
FnoLayers<T>::FnoLayers(const char* model, const FnoConfig& config, const std::vector<Partition>& stages,
                        std::uint64_t seed)
    : lift_channel("lift_channel", validated(model, config, stages).front(), config.in_channels, config.width, seed,
                   {.bias = true, .gain = lift_channel_gain(config)}),
      project("project1", "project2", stages.back(), config.width, config.hidden, config.out_channels, seed) {
  if (config.in_steps > 0) {
    lift_time.emplace("lift_time", stages.front(), config.grid.size() + 1, config.in_steps, config.grid.back(), seed,
                      typename AxisAffine<T>::Options{});
  }
  const SpectralGrid spectral(config.grid, config.modes);
  const auto count = static_cast<Index>(stages.size());
  for (Index stage = 0; stage < count; ++stage) {
    for (Index i = balanced_range(config.blocks, count, stage).extent; i > 0; --i) {
      blocks.emplace_back("block" + std::to_string(blocks.size()), stages[static_cast<std::size_t>(stage)], spectral,
                          config.width, seed, config.schedule, config.initialisation, kGeluGain);
    }
  }
}

template <RealScalar T>
ParameterList<T> FnoLayers<T>::parameters() {
  ParameterList<T> list;
  if (lift_time) lift_time->list_parameters(list);
  lift_channel.list_parameters(list);
  for (FnoBlock<T>& block : blocks) block.list_parameters(list);
  project.list_parameters(list);
  return list;
}

template <RealScalar T>
engine::FnoWeights<T> FnoLayers<T>::weights(const Range& of_blocks) {
  engine::FnoWeights<T> list;
  const Index end = of_blocks.start + of_blocks.extent;
  if (of_blocks.start == 0) {
    if (lift_time) {
      list.lift_time_weight = &lift_time->weight();
      list.lift_time_bias = lift_time->bias();
    }
    list.lift_channel_weight = &lift_channel.weight();
    list.lift_channel_bias = lift_channel.bias();
  }
  for (Index i = of_blocks.start; i < end; ++i) {
    FnoBlock<T>& block = blocks[static_cast<std::size_t>(i)];
    list.blocks.push_back({&block.pointwise().weight(), &block.spectral().weight()});
  }
  if (end == static_cast<Index>(blocks.size())) {
    list.project1_weight = &project.weight1();
    list.project1_bias = &project.bias1();
    list.project2_weight = &project.weight2();
    list.project2_bias = &project.bias2();
  }
  return list;
}

template struct FnoLayers<float>;
template struct FnoLayers<double>;

}  // namespace tessera
