#include "tessera/models/cost.hpp"

#include <algorithm>

#include "models/engine/fno_stage.hpp"
#include "models/engine/slab_memory.hpp"

namespace tessera {

namespace {

constexpr std::size_t kChannelAxis = 1;

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

FnoCost::FnoCost(const FnoConfig& config, Index batch, const RankGrid& ranks, Index real_bytes, bool on_cuda)
    : config_(validated(config)),
      batch_(batch),
      real_bytes_(real_bytes),
      on_cuda_(on_cuda),
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
    memory.weight_copies += copy_bytes(weight);
    if (!stores(weight.use, position)) continue;
    memory.parameters += bytes;
    memory.gradients += bytes;
    memory.moments += bytes + entries * real_bytes_;
  }
  const auto spectral = std::find_if(weights_.begin(), weights_.end(), [](const Weight& w) { return w.reals == 2; });
  // Spectral weights are copied block by block.
  if (spectral->use.replicates()) {
    memory.weight_copies += spectral->use.tile(spectral->shape, position).volume() * spectral->reals * real_bytes_;
  }
  memory.activations = activation_bytes(position);
  if (on_cuda_ && plan_.steps.front().kind == TransformStep::Kind::transform) {
    const RankGrid passes = engine::engine_ranks(config_.grid, ranks());
    Shape block_shape = config_.output_shape(batch_);
    block_shape[kChannelAxis] = config_.width;
    memory.working = engine::slab_memory(config_, passes.tile(block_shape, position).extent,
                                         partial_extents(passes, position), real_bytes_);
  }
  return memory;
}

Index FnoCost::activation_bytes(Index position) const {
  const RankGrid ranks_of_passes = engine::engine_ranks(config_.grid, ranks());
  const Shape in_shape = config_.input_shape(batch_);
  Shape out_shape = config_.output_shape(batch_);
  Shape block_shape = out_shape;
  block_shape[kChannelAxis] = config_.width;

  const Index pre_activation = ranks_of_passes.tile(block_shape, position).volume();
  Index reals = 0, stored = 0;
  if (plan_.steps.front().kind == TransformStep::Kind::repartition) {
    // Composed on the tape: every block's input, its spectrum before and after mixing, and its pre-activation.
    const Index modes = plan_.spectrum_ranks.tile(plan_.spectrum_shape, position).volume();
    reals = (2 * config_.blocks + 2) * pre_activation + 4 * config_.blocks * modes;
    return (reals + ranks().tile(in_shape, position).volume() + ranks().tile(out_shape, position).volume()) *
           real_bytes_;
  }
  if (config_.activations != Activations::none) {
    reals += ranks().tile(in_shape, position).volume() + ranks().tile(out_shape, position).volume();
    stored = (config_.activations == Activations::all ? config_.blocks : 1) * pre_activation;
    reals += moved_fields(ranks_of_passes, in_shape, out_shape, position);
  }
  // Per block the modes of its output and of its input's gradient, and once those being gathered, as they are before
  // the first exchange; per block the spectrum of its input.
  const Index partial = volume(partial_extents(ranks_of_passes, position));
  const Index spectrum = plan_.spectrum_ranks.tile(plan_.spectrum_shape, position).volume();
  reals += 2 * ((2 * config_.blocks + 1) * partial + config_.blocks * spectrum);
  return reals * real_bytes_ + stored * (config_.activation_type == ActivationType::bfloat16 ? 2 : real_bytes_);
}

/// Of this rank's transform before its first exchange, [batch, width, modes or cells...].
Shape FnoCost::partial_extents(const RankGrid& passes, Index position) const {
  const TransformPlan plan = plan_transform(batch_, config_.width, plan_.spectral, passes, config_.schedule);
  const TransformStep* last = nullptr;
  for (const TransformStep& step : plan.steps) {
    if (step.kind == TransformStep::Kind::repartition) break;
    last = &step;
  }
  return last->after.tile(last->shape_after, position).extent;
}

/// What a rank holds of a weight for as long as the passes need it: every small one whole.
Index FnoCost::copy_bytes(const Weight& weight) const {
  return weight.reals == 1 && ranks().size() > 1 ? volume(weight.shape) * real_bytes_ : 0;
}

/// Copies of input and target where the passes need them on other ranks: without channel ranks, and with all steps of
/// an input that is lifted in time.
Index FnoCost::moved_fields(const RankGrid& passes, const Shape& in_shape, const Shape& out_shape,
                            Index position) const {
  const bool moved = !(passes == ranks());
  const bool gathered = config_.in_steps > 0 && passes.extents().back() > 1;
  Index reals = moved ? passes.tile(out_shape, position).volume() : 0;
  if (!moved && !gathered) return reals;
  Box input = passes.tile(in_shape, position);
  if (gathered) input.extent.back() = in_shape.back();
  return reals + input.volume();
}

}  // namespace tessera
