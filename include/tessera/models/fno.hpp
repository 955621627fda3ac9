#pragma once

/// \file
/// The Fourier neural operator on 1 to 4 grid axes.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tessera/layers/channel_mlp.hpp"
#include "tessera/layers/fno_block.hpp"

namespace tessera {

/// Sizes of an Fno. The last grid axis is time for time-dependent problems.
struct FnoConfig {
  Index in_channels = 1;
  Index out_channels = 1;
  Shape grid;          ///< extents of the output grid, 1 to 4 axes
  Index in_steps = 0;  ///< extent of the input on the last axis; it is lifted to grid.back(). 0: no lift
  Shape modes;         ///< kept modes per grid axis, see SpectralGrid
  Index width = 20;    ///< channels of the blocks
  Index hidden = 128;  ///< channels of the projection's hidden layer
  Index blocks = 4;
  Schedule schedule = Schedule::exchange;
  Initialisation initialisation = Initialisation::variance_preserving;

  /// [batch, in_channels, space..., in_steps or grid.back()]
  Shape input_shape(Index batch) const;
  /// [batch, out_channels, grid...]
  Shape output_shape(Index batch) const;

  /// Throws ConfigError (or the FftError of SpectralGrid) naming the entry that does not fit.
  void validate() const;

  friend bool operator==(const FnoConfig&, const FnoConfig&) = default;
};

/// x -> h = gelu(lift_time(x)) (when in_steps > 0) -> gelu(lift_channel(h)) -> blocks x FnoBlock -> ChannelMlp -> y.
///
/// x: [batch, in_channels, space..., in_steps], y: [batch, out_channels, grid...], both on `partition`, one grid entry
/// per tensor axis. Any batch; ranks on the batch axis are data parallelism, on grid axes domain decomposition, on the
/// channel axis tensor parallelism, in any mixture. Initial weights do not depend on the partition.
/// Parameter names: lift_time/{weight,bias}, lift_channel/{weight,bias}, block<i>/pointwise/weight,
/// block<i>/spectral/weight, project1/{weight,bias}, project2/{weight,bias}.
/// Construction and calls are collective.
/// Source: Li et al., arXiv 2010.08895; model-parallel form: Grady et al., arXiv 2204.01205.
template <RealScalar T>
class Fno {
 public:
  Fno(const FnoConfig& config, const Partition& partition, std::uint64_t seed);

  const FnoConfig& config() const noexcept { return config_; }
  const Partition& partition() const noexcept { return partition_; }
  TensorSpace input_space(Index batch) const { return {config_.input_shape(batch), partition_}; }
  TensorSpace output_space(Index batch) const { return {config_.output_shape(batch), partition_}; }

  /// The model's output for x, recorded on x's tape. Throws ShapeError unless x lives in input_space(batch).
  Variable<T> operator()(const Variable<T>& x);

  /// All parameters, in the order of the names above.
  ParameterList<T> parameters();

 private:
  FnoConfig config_;
  Partition partition_;
  std::optional<AxisAffine<T>> lift_time_;
  ChannelAffine<T> lift_channel_;
  std::vector<FnoBlock<T>> blocks_;
  ChannelMlp<T> project_;
};

/// Number of real values in all parameters (a complex weight counts two), the same for every partition.
Index parameter_count(const FnoConfig& config);

}  // namespace tessera
