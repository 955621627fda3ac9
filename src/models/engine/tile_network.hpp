#pragma once

/// \file
/// The pointwise parts of a Fourier neural operator on one tile, forward and backward.

#include "kernels/prefetch.hpp"
#include "models/engine/pointwise_weights.hpp"
#include "models/engine/tiling.hpp"
#include "tessera/core/buffer.hpp"
#include "tessera/layers/loss.hpp"

namespace tessera::engine {

/// The layers between the transforms. A tile's values are [channel][t][z], contiguous. Every function works on one tile
/// in a thread's own memory; nothing is shared but the weights.
template <RealScalar T>
class TileNetwork {
 public:
  /// A thread's memory.
  struct Work {
    Buffer<T> time, time_slope, channel_slope;  ///< a lift's state
    Buffer<T> gradient, scaled_weight;
    Buffer<T> hidden, hidden_gradient, output, output_gradient;
  };

  /// `first_step`: the time step at which this rank's part of the grid begins.
  TileNetwork(const FnoPart& part, Index first_step)
      : config_(part.config), has_lift_(part.has_lift), has_projection_(part.has_projection), first_step_(first_step) {}

  /// Set anew before every pass in which they may have changed.
  void set_weights(const PointwiseWeights<T>& weights) { weights_ = weights; }

  /// Numbers of one tile's input, [in_channels][in_steps or t][z].
  Index input_size(const Tiling::Tile& tile) const;

  /// v = gelu(lift_channel(gelu(lift_time(x)))); x itself in a part without a lift.
  void lift(const Tiling::Tile& tile, const T* x, bool keep_slopes, kernels::Prefetch soon, Work& work, T* v) const;
  /// After a lift of this tile that kept its slopes: from gv = dL/dv adds to `sums`, and, unless null, writes dL/dx.
  /// Destroys gv.
  void lift_backward(const Tiling::Tile& tile, const T* x, T* gv, Work& work, GradientSums& sums, T* gx) const;

  /// z += W v
  void add_pointwise(Index block, const Tiling::Tile& tile, const T* v, T* z) const;
  /// gv += factor W^T gz; a null factor is 1.
  void add_pointwise_adjoint(Index block, const double* factor, const Tiling::Tile& tile, const T* gz, Work& work,
                             T* gv) const;

  /// y = project2(gelu(project1(v))); v itself in a part without a projection.
  void project(const Tiling::Tile& tile, const T* v, Work& work, T* y) const;

  /// Where dL/dy comes from: `field` is dL/dy itself (`given`), or a target, dL/dy = factor (y - target), whose norms
  /// are added to `norms` unless null.
  struct OutputGradient {
    const T* field;
    bool given;
    T factor;
    SampleNorms* norms;
  };
  /// gv = dL/dv; adds to `sums` unless null.
  void project_backward(const Tiling::Tile& tile, const T* v, const OutputGradient& gradient, Work& work,
                        GradientSums* sums, T* gv) const;

 private:
  /// The time lift before its gelu (x itself without one): [in_channels][t][z].
  const T* lift_time(const Tiling::Tile& tile, const T* x, Work& work) const;
  void lift_time_backward(const Tiling::Tile& tile, const T* x, const T* gs, GradientSums& sums, T* gx) const;
  void hidden_layer(const Tiling::Tile& tile, const T* v, Index first, Index count, T* h) const;
  void project2(Index count, const T* h, Index y_row, T* y) const;
  /// dL/dy of `count` columns of the tile from `first` on, rows `count` apart, as y has them.
  void output_gradient(const Tiling::Tile& tile, const OutputGradient& gradient, Index first, Index count, const T* y,
                       T* gy) const;

  FnoConfig config_;
  bool has_lift_, has_projection_;
  Index first_step_;
  PointwiseWeights<T> weights_;
};

}  // namespace tessera::engine
