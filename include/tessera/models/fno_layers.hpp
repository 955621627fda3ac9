#pragma once

/// \file
/// The layers of a Fourier neural operator and their weights.

#include <cstdint>
#include <optional>
#include <vector>

#include "tessera/layers/channel_mlp.hpp"
#include "tessera/layers/fno_block.hpp"
#include "tessera/models/fno_config.hpp"

namespace tessera {

namespace engine {
template <RealScalar T>
struct FnoWeights;
}

/// The layers of an Fno, all on one partition or in stages on several: stage s has the blocks
/// balanced_range(config.blocks, stages.size(), s), the first one the lifts too, the last one the projection.
/// Names, order and initial values of the parameters are the same for any stages; ranks outside a stage hold empty
/// tiles of its parameters.
template <RealScalar T>
struct FnoLayers {
  std::optional<AxisAffine<T>> lift_time;
  ChannelAffine<T> lift_channel;
  std::vector<FnoBlock<T>> blocks;
  ChannelMlp<T> project;

  /// `model`: who asks, for messages. Collective over the communicator of the stages. Throws the errors of
  /// FnoConfig::validate, and PartitionError unless every stage has one rank count per tensor axis.
  FnoLayers(const char* model, const FnoConfig& config, const std::vector<Partition>& stages, std::uint64_t seed);

  /// All parameters, in the order of Fno's documentation.
  ParameterList<T> parameters();
  /// The weights of some neighbouring blocks and of the layers before and after them, where they begin or end the
  /// model.
  engine::FnoWeights<T> weights(const Range& of_blocks);
};

}  // namespace tessera
