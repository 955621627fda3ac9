#pragma once

/// \file
/// What can be done with a tile of a pass.

#include "tessera/core/scalar.hpp"
#include "tessera/core/shape.hpp"

namespace tessera::engine {

/// Values [width, cells] of a tile: in memory of the tile's own, or, `stored`, in what is kept between passes, and then
/// in the type that is stored. In both cases in the layout of whoever computes the tile.
template <RealScalar T>
struct TileValues {
  T* address = nullptr;  ///< whatever the type; null: nowhere
  bool stored = false;

  explicit operator bool() const noexcept { return address != nullptr; }
  friend bool operator==(const TileValues&, const TileValues&) = default;
};

/// A tile, and the operations that passes over tiles are made of, each as large as a device can do at once. What an
/// operation returns is valid until the tile's visit ends or an operation of the same name is called again: it is in
/// the destination, or also, and exactly, in the tile's own memory, which is taken alone where the destination is null.
template <RealScalar T>
class EngineTile {
 public:
  using Values = TileValues<T>;

  virtual ~EngineTile() = default;

  /// The tile's sample, counted within the rank's part.
  Index sample() const noexcept { return sample_; }
  /// Where the tile's values begin in what keeps [width, cells] of all tiles of the rank.
  Index offset() const noexcept { return offset_; }

  /// What lies behind these values of the tile will be needed for the next one.
  virtual void expect(const Values& first, const Values& second) = 0;

  /// Memory for a v that is to outlive the operations to come.
  virtual Values kept_v() = 0;
  /// Stored values in the type that is computed with; values as they are where that is their type.
  virtual Values exact(const Values& values) = 0;

  /// v_0 from the pass's input. `keep_slopes`: for lift_backward.
  virtual Values lift(bool keep_slopes, const Values& v) = 0;
  /// With s = IF of the modes of source number `source`: z = s + W v, and v' = gelu(z) (to `next`), which is returned.
  /// A null z is not wanted. z or next may be v. `keep_slope`: gelu'(z) will be asked for.
  virtual Values block(Index block, std::size_t source, const Values& v, const Values& z, const Values& next,
                       bool keep_slope) = 0;
  /// gelu(z) of a block, whose slope is kept too. z must stay as it is until the slope has been used. `for_products`:
  /// the result goes to add_weight_gradient alone, and may be z as long as that makes gelu(z) of it.
  virtual Values activate(Index block, const Values& z, bool for_products) = 0;
  /// Hands v over to be transformed; once per tile in passes with a result.
  virtual void analyse(const Values& v) = 0;
  /// The pass's output from v_L.
  virtual void project(const Values& v) = 0;

  /// Where dL/dy comes from: it is the pass's target itself (`given`), or factor (y - target). `factor`: a number where
  /// the tile is computed, read when that is done; null: 1.
  struct OutputGradient {
    bool given;
    const double* factor;
  };
  /// gz of the last block from v_L, whose slope has been kept. `first_time`: the gradients of the projection are added
  /// to the sample's sums, and the squares of y - target and target to its norms. gz may be where z is.
  virtual Values head_backward(const OutputGradient& gradient, const Values& v, bool first_time, const Values& gz) = 0;
  /// dL/dW of a block from its gz, exact, and v, added to the sample's sums or those of all samples.
  virtual void add_weight_gradient(Index block, const Values& gz, const Values& v, bool of_sample) = 0;
  /// gv = F* of the modes of source number `source` + factor W^T gz, gz exact, and for blocks but the first gz of the
  /// block before, gelu'(z) gv with the slope kept for it. `factor` as in OutputGradient. The destination may be gz, or
  /// where that z is.
  virtual Values pull_back(Index block, std::size_t source, const double* factor, const Values& gz,
                           const Values& gv) = 0;
  /// From gv = dL/dv_0, which it destroys, after a lift that kept its slopes: gradients of the lift, and, where wanted,
  /// dL/dx, added to the pass's input gradient.
  virtual void lift_backward(const Values& gv, bool wants_input_gradient) = 0;

 protected:
  EngineTile(Index sample, Index offset) : sample_(sample), offset_(offset) {}

 private:
  Index sample_, offset_;
};

}  // namespace tessera::engine
