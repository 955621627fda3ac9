#pragma once

/// \file
/// The truncated Fourier transform along the outer axes X and Y, a few planes at a time.

#include <complex>
#include <optional>
#include <vector>

#include "models/engine/tiling.hpp"
#include "tessera/core/buffer.hpp"
#include "tessera/spectral/axis_transform.hpp"

namespace tessera::engine {

/// Combines the modes of every (x, y) in a group of neighbouring planes (see TileTransform) with those of the part, so
/// that no more than a group is ever held:
///   M[kx, ky, .] += s sum_{x in group, y} P[x, y, .] exp(-2 pi i (f_kx x / N_X + f_ky y / N_Y))
/// and back. An axis without a line keeps its cells; X is summed where it counts pieces of another axis.
template <RealScalar T>
class GroupTransform {
 public:
  /// `inner`: numbers per part (real, imaginary) in the modes of one (x, y). `plane_values`: other numbers held for
  /// every plane of a group.
  GroupTransform(const Tiling& tiling, Index inner, Index plane_values, const std::optional<FourierLine>& x_line,
                 const std::optional<FourierLine>& y_line);

  Index kx() const noexcept { return x_.modes; }
  Index ky() const noexcept { return y_.modes; }
  /// Planes in a group, at most.
  Index group() const noexcept { return group_; }
  /// Numbers in the modes of one sample, and in those of all (x, y) of a group.
  Index mode_count() const noexcept { return 2 * kx() * ky() * inner_; }
  Index group_count() const noexcept { return group_ * rows_ * 2 * inner_; }

  /// Adds the planes [first, first + count) to the modes of a sample; the first group overwrites them. `rows`: [x][y]
  /// of the group, [re, im][inner] each. `scratch` is reused.
  void analyse(ModeScaling scaling, Index first, Index count, const T* rows, Buffer<T>& scratch, T* modes) const;
  /// The adjoint: rows of the group from the modes.
  void synthesise(ModeScaling scaling, Index first, Index count, const T* modes, Buffer<T>& scratch, T* rows) const;

 private:
  /// [re, im][k] x [n][re, im], for one scaling; empty where the axis keeps its cells.
  struct Axis {
    Index cells = 1, modes = 1;
    bool kept = false;
    Buffer<T> unit, inverse;
    const T* matrix(ModeScaling scaling) const { return scaling == ModeScaling::unit ? unit.data() : inverse.data(); }
  };

  static Axis make_axis(const std::optional<FourierLine>& line, Index cells, bool summed);

  Index inner_, rows_;
  Axis x_, y_;
  Index group_;
};

}  // namespace tessera::engine
