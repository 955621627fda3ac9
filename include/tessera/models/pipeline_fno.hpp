#pragma once

/// \file
/// The Fourier neural operator with its blocks on different ranks.

#include <cstdint>
#include <memory>
#include <vector>

#include "tessera/layers/loss.hpp"
#include "tessera/models/fno_layers.hpp"

namespace tessera {

/// The order in which a stage works on micro-batches; results are the same, to rounding. In both the last stage goes
/// backward with a micro-batch as soon as it has come forward.
enum class PipelineSchedule {
  gpipe,                    ///< all forward, then all backward: every stage keeps what all micro-batches need
  one_forward_one_backward  ///< backward as soon as possible: stage s of S keeps what S - s micro-batches need
};

const char* pipeline_schedule_name(PipelineSchedule schedule) noexcept;

struct PipelineConfig {
  Shape stage_grid;         ///< rank grid of every stage: [batch, channel, grid...]
  Index stages = 1;         ///< stage s has the ranks [s n, (s + 1) n), n = prod(stage_grid)
  Index micro_batches = 1;  ///< parts of whole samples that a batch is cut into; fewer where it has fewer samples
  PipelineSchedule schedule = PipelineSchedule::gpipe;
};

/// An Fno whose blocks are divided evenly among stages (the first ones have one more), each on ranks of its own; the
/// first stage lifts, the last one projects. What passes from stage to stage is v, [batch, width, grid...], sent tile
/// to tile (SendReceive), and its gradient, sent back. A batch is cut into M micro-batches, so that stage s works on
/// one while stage s + 1 works on the one before: with S equal stages a step takes (M + S - 1) / M times what S ranks
/// without idle time would need. Gradients are those of the whole batch; weights change only between batches.
///
/// Inside a stage, ranks divide the grid (and the batch) as they do for an Fno on `stage_grid`. Ranks on the batch axis
/// share weights once per micro-batch, not once per batch; ranks on grid axes are the better choice.
///
/// The model is that of Fno: parameters have the same names, order and initial values on every rank (tiles are empty
/// outside their stage), so checkpoints are interchangeable and Adam and gradient_norm work unchanged; outputs, losses
/// and gradients are equal to rounding.
///
/// Construction and calls are collective over the communicator. A failure inside a stage is an error of that stage's
/// ranks alone: others wait for what will not come, so it must leave the program (see run_program).
/// Source: Huang et al., "GPipe", arXiv 1811.06965; one_forward_one_backward: Narayanan et al., "Memory-efficient
/// pipeline-parallel DNN training", arXiv 2006.09503, section 3 (PipeDream-Flush).
template <RealScalar T>
class PipelineFno {
 public:
  /// Throws ConfigError when there are fewer blocks than stages, fewer than one micro-batch or a schedule that
  /// exchanges before any transform, PartitionError unless the communicator has as many ranks as all stages together,
  /// and what Fno throws.
  PipelineFno(const FnoConfig& config, const std::shared_ptr<const Communicator>& communicator,
              const PipelineConfig& pipeline, std::uint64_t seed);
  ~PipelineFno();
  PipelineFno(const PipelineFno&) = delete;
  PipelineFno& operator=(const PipelineFno&) = delete;

  const FnoConfig& config() const noexcept { return config_; }
  const PipelineConfig& pipeline() const noexcept { return pipeline_; }
  const Partition& stage_partition(Index stage) const { return stages_[static_cast<std::size_t>(stage)]; }
  /// Inputs are on the first stage's ranks, outputs and targets on the last one's.
  TensorSpace input_space(Index batch) const { return {config_.input_shape(batch), stages_.front()}; }
  TensorSpace output_space(Index batch) const { return {config_.output_shape(batch), stages_.back()}; }

  /// The model's output, for inference. Throws ShapeError unless x lives in input_space(batch).
  DistTensor<T> forward(const DistTensor<T>& x);

  /// L(f(x), target), see LossValue, on every rank, adding its gradient to the parameters' gradients. Throws ShapeError
  /// unless x and target live in the model's spaces.
  double value_and_gradient(Loss loss, const DistTensor<T>& x, const DistTensor<T>& target);

  void set_activations(Activations activations) noexcept { config_.activations = activations; }

  /// All parameters, as Fno lists them.
  ParameterList<T> parameters() { return layers_.parameters(); }

 private:
  class Stage;

  FnoConfig config_;
  PipelineConfig pipeline_;
  std::vector<Partition> stages_;
  FnoLayers<T> layers_;
  std::unique_ptr<Stage> stage_;
};

}  // namespace tessera
