#include "tessera/models/cost.hpp"

#include <algorithm>

namespace tessera {

namespace {

constexpr std::size_t kChannelAxis = 1;
constexpr int kNoAxis = -1;

const FnoConfig& validated(const FnoConfig& config) {
  config.validate();
  return config;
}

/// The ranks that use a weight: copies everywhere, but cut along weight axis `cut` by the ranks on tensor axis `axis`.
RankGrid use_grid(const Shape& extents, std::size_t axis, int cut) {
  std::vector<int> cuts(extents.size(), RankGrid::kReplicate);
  cuts[axis] = cut;
  return RankGrid(extents, cuts);
}

/// Whether the rank at `position` stores its tile of a weight: the first of all copies does.
bool stores(const RankGrid& use, Index position) {
  const Shape coordinates = use.coordinates(position);
  for (std::size_t axis = 0; axis < coordinates.size(); ++axis) {
    if (use.cuts()[axis] == RankGrid::kReplicate && coordinates[axis] != 0) return false;
  }
  return true;
}

}  // namespace

FnoCost::FnoCost(const FnoConfig& config, Index batch, const RankGrid& ranks, Index real_bytes)
    : config_(validated(config)),
      batch_(batch),
      real_bytes_(real_bytes),
      plan_(plan_transform(batch, config.width, SpectralGrid(config.grid, config.modes), ranks, config.schedule)) {
  list_weights();
}

void FnoCost::list_weights() {
  const Shape& extents = ranks().extents();
  const auto add_affine = [&](std::size_t axis, Index in, Index out, bool bias) {
    weights_.push_back({{out, in}, use_grid(extents, axis, 0), 1});
    if (bias) weights_.push_back({{out}, use_grid(extents, axis, 0), 1});
  };
  if (config_.in_steps > 0) add_affine(extents.size() - 1, config_.in_steps, config_.grid.back(), true);
  add_affine(kChannelAxis, config_.in_channels, config_.width, true);

  Shape spectral_shape = plan_.spectrum_shape;
  spectral_shape[0] = spectral_shape[1] = config_.width;
  std::vector<int> spectral_cuts = plan_.spectrum_ranks.cuts();
  spectral_cuts[0] = spectral_cuts[1] = RankGrid::kReplicate;
  const RankGrid spectral_use(plan_.spectrum_ranks.extents(), spectral_cuts);
  for (Index block = 0; block < config_.blocks; ++block) {
    add_affine(kChannelAxis, config_.width, config_.width, false);
    weights_.push_back({spectral_shape, spectral_use, 2});
  }

  const RankGrid by_rows = use_grid(extents, kChannelAxis, 0);
  weights_.push_back({{config_.hidden, config_.width}, by_rows, 1});
  weights_.push_back({{config_.hidden}, by_rows, 1});
  weights_.push_back({{config_.out_channels, config_.hidden}, use_grid(extents, kChannelAxis, 1), 1});
  weights_.push_back({{config_.out_channels}, use_grid(extents, kChannelAxis, RankGrid::kReplicate), 1});
}

Traffic FnoCost::forward_traffic(Index position) const {
  const Traffic analysis = plan_.analysis_traffic(position, real_bytes_);
  const Traffic synthesis = plan_.synthesis_traffic(position, real_bytes_);
  return {config_.blocks * (analysis.bytes + synthesis.bytes),
          config_.blocks * (analysis.messages + synthesis.messages)};
}

Traffic FnoCost::training_traffic(Index position) const {
  const Traffic forward = forward_traffic(position);
  return {2 * forward.bytes, 2 * forward.messages};
}

RankMemory FnoCost::memory(Index position) const {
  RankMemory memory;
  for (const Weight& weight : weights_) {
    const Index entries = weight.use.tile(weight.shape, position).volume();
    const Index bytes = entries * weight.reals * real_bytes_;
    if (weight.use.replicates()) memory.weight_copies += bytes;
    if (!stores(weight.use, position)) continue;
    memory.parameters += bytes;
    memory.gradients += bytes;
    memory.moments += bytes + entries * real_bytes_;
  }
  memory.activations = activation_bytes(position);
  return memory;
}

/// Cells of a rank's tile of [batch, channels, grid...]; `whole_axis` is gathered: every rank along it holds all of it.
Index FnoCost::tile_cells(Shape shape, Index channels, Index position, int whole_axis) const {
  shape[kChannelAxis] = channels;
  Box tile = ranks().tile(shape, position);
  if (whole_axis != kNoAxis)
    tile.extent[static_cast<std::size_t>(whole_axis)] = shape[static_cast<std::size_t>(whole_axis)];
  return tile.volume();
}

Index FnoCost::activation_bytes(Index position) const {
  const Shape in_shape = config_.input_shape(batch_);
  const Shape out_shape = config_.output_shape(batch_);
  const auto time_axis = static_cast<int>(in_shape.size()) - 1;
  const bool time_cut = ranks().extents().back() > 1;
  const bool channels_cut = ranks().extents()[kChannelAxis] > 1;
  // A channel map keeps its input as it used it: with all channels.
  const auto channel_input = [&](const Shape& shape, Index channels) {
    return tile_cells(shape, channels, position, channels_cut ? static_cast<int>(kChannelAxis) : kNoAxis);
  };

  Index reals = tile_cells(in_shape, config_.in_channels, position, kNoAxis);
  if (config_.in_steps > 0) {
    if (time_cut) reals += tile_cells(in_shape, config_.in_channels, position, time_axis);
    reals += tile_cells(out_shape, config_.in_channels, position, kNoAxis);
    reals += channel_input(out_shape, config_.in_channels);
  } else if (channels_cut) {
    reals += channel_input(in_shape, config_.in_channels);
  }
  const Index pre_activation = tile_cells(out_shape, config_.width, position, kNoAxis);
  const Index modes = plan_.spectrum_ranks.tile(plan_.spectrum_shape, position).volume();
  reals += pre_activation;
  reals += config_.blocks * (channel_input(out_shape, config_.width) + 2 * modes + pre_activation);
  reals += channel_input(out_shape, config_.width);
  reals += tile_cells(out_shape, config_.out_channels, position, kNoAxis);
  return reals * real_bytes_;
}

}  // namespace tessera
