#pragma once

/// \file
/// What can be done with a tile of a pass.

#include "tessera/core/scalar.hpp"
#include "tessera/core/shape.hpp"

namespace tessera::engine {

/// A tile, and the operations that passes over tiles are made of, each as large as a device can do at once. Arrays are
/// [width, cells of the tile] in the layout and the memory of whoever computes the tile; those that an operation
/// returns belong to the tile, until its visit ends or an operation of the same name is called again. Where a
/// destination is null, the tile's own memory is taken.
template <RealScalar T>
class EngineTile {
 public:
  virtual ~EngineTile() = default;

  /// The tile's sample, counted within the rank's part.
  Index sample() const noexcept { return sample_; }
  /// Where the tile's values begin in what keeps [width, cells] of all tiles of the rank.
  Index offset() const noexcept { return offset_; }

  /// What lies behind these values of the tile will be needed for the next one.
  virtual void expect(const T* first, const T* second) = 0;

  /// Memory for a v that is to outlive the operations to come.
  virtual T* kept_v() = 0;

  /// v_0 from the pass's input. `keep_slopes`: for lift_backward.
  virtual T* lift(bool keep_slopes, T* v) = 0;
  /// With s = IF of the modes of source number `source`: z = s + W v, and v' = gelu(z) (to `next`), which is returned.
  /// A null z is not wanted. z or next may be v. `keep_slope`: gelu'(z) will be asked for.
  virtual T* block(Index block, std::size_t source, const T* v, T* z, T* next, bool keep_slope) = 0;
  /// gelu(z) of a block, whose slope is kept too. z must stay as it is until the slope has been used.
  virtual const T* activate(Index block, const T* z) = 0;
  /// Hands v over to be transformed; once per tile in passes with a result.
  virtual void analyse(const T* v) = 0;
  /// The pass's output from v_L.
  virtual void project(const T* v) = 0;

  /// Where dL/dy comes from: it is the pass's target itself (`given`), or factor (y - target).
  struct OutputGradient {
    bool given;
    double factor;
  };
  /// gz of the last block from v_L, whose slope has been kept. `first_time`: the gradients of the projection are added
  /// to the sample's sums, and the squares of y - target and target to its norms. gz may be where z is.
  virtual T* head_backward(const OutputGradient& gradient, const T* v, bool first_time, T* gz) = 0;
  /// dL/dW of a block from its gz and v, added to the sample's sums or those of all samples.
  virtual void add_weight_gradient(Index block, const T* gz, const T* v, bool of_sample) = 0;
  /// gv = F* of the modes of source number `source` + factor W^T gz, and for blocks but the first gz of the block
  /// before, gelu'(z) gv with the slope kept for it. The destination may be gz, or where that z is.
  virtual T* pull_back(Index block, std::size_t source, double factor, const T* gz, T* gv) = 0;
  /// From gv = dL/dv_0, which it destroys, after a lift that kept its slopes: gradients of the lift, and, where wanted,
  /// dL/dx, added to the pass's input gradient.
  virtual void lift_backward(T* gv, bool wants_input_gradient) = 0;

 protected:
  EngineTile(Index sample, Index offset) : sample_(sample), offset_(offset) {}

 private:
  Index sample_, offset_;
};

}  // namespace tessera::engine
