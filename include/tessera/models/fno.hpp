#pragma once

/// \file
/// The Fourier neural operator on 1 to 4 grid axes.

#include <cstdint>
#include <functional>
#include <memory>

#include "tessera/layers/loss.hpp"
#include "tessera/models/fno_layers.hpp"
#include "tessera/tensor/field.hpp"

namespace tessera {

namespace engine {
template <RealScalar T>
class FnoStage;
}

/// x -> h = gelu(lift_time(x)) (when in_steps > 0) -> gelu(lift_channel(h)) -> blocks x FnoBlock -> ChannelMlp -> y.
///
/// x: [batch, in_channels, space..., in_steps], y: [batch, out_channels, grid...], both on `partition`, one grid entry
/// per tensor axis. Any batch; ranks on the batch axis are data parallelism, on grid axes domain decomposition, on the
/// channel axis tensor parallelism, in any mixture. Initial weights do not depend on the partition.
/// Parameter names: lift_time/{weight,bias}, lift_channel/{weight,bias}, block<i>/pointwise/weight,
/// block<i>/spectral/weight, project1/{weight,bias}, project2/{weight,bias}.
///
/// Everything is computed in passes over tiles that stay in cache; config().activations says how much of the grid is
/// kept for the backward pass. `compose` is the same function written with layers on the tape, and what the passes are
/// tested against. (A schedule that exchanges before any transform runs as composed.)
/// Construction and calls are collective.
/// Source: Li et al., arXiv 2010.08895; model-parallel form: Grady et al., arXiv 2204.01205.
template <RealScalar T>
class Fno {
 public:
  Fno(const FnoConfig& config, const Partition& partition, std::uint64_t seed);
  ~Fno();
  Fno(const Fno&) = delete;
  Fno& operator=(const Fno&) = delete;

  const FnoConfig& config() const noexcept { return config_; }
  const Partition& partition() const noexcept { return partition_; }
  TensorSpace input_space(Index batch) const { return {config_.input_shape(batch), partition_}; }
  TensorSpace output_space(Index batch) const { return {config_.output_shape(batch), partition_}; }

  /// The model's output for x, recorded on x's tape. Throws ShapeError unless x lives in input_space(batch).
  Variable<T> operator()(const Variable<T>& x);
  /// The same from layers, each with its own step on the tape.
  Variable<T> compose(const Variable<T>& x);

  /// The model's output, for inference. Throws ShapeError unless x lives in input_space(batch).
  DistTensor<T> forward(const DistTensor<T>& x);
  /// The same box by box: x is read and y written while the computation goes on, several times over for x; with
  /// activations `none` nothing of grid size is held. Boxes are those of tiles of field_partition().
  void forward(Index batch, const FieldReader<T>& x, FieldWriter<T>& y);

  /// L(f(x), target), see LossValue, adding its gradient to the parameters' gradients. Faster than the tape: the
  /// projection, the loss and their gradients are computed in one visit of every tile. Throws ShapeError unless x and
  /// target live in the model's spaces.
  double value_and_gradient(Loss loss, const DistTensor<T>& x, const DistTensor<T>& target);
  double value_and_gradient(Loss loss, Index batch, const FieldReader<T>& x, const FieldReader<T>& target);

  /// Where fields are accessed: the model's partition, its channel ranks moved to a grid axis. Where time is lifted,
  /// boxes of x reach over all steps.
  const Partition& field_partition() const noexcept;

  void set_activations(Activations activations) noexcept { config_.activations = activations; }
  /// Called with the finished fraction of every following computation, on every rank; for computations that take long.
  void set_progress(std::function<void(double fraction)> progress);

  /// All parameters, in the order of the names above.
  ParameterList<T> parameters() { return layers_.parameters(); }

 private:
  FnoConfig config_;
  Partition partition_;
  FnoLayers<T> layers_;
  std::unique_ptr<engine::FnoStage<T>> stage_;
};

}  // namespace tessera
