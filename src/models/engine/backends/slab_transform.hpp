#pragma once

/// \file
/// The truncated Fourier transform of a rank's part of the grid on a device, a slab of planes at a time.

#include <complex>
#include <memory>
#include <optional>
#include <vector>

#include "tessera/core/storage.hpp"
#include "tessera/spectral/axis_transform.hpp"

namespace tessera::engine {

/// Planes are those of the first grid axis X; a grid of one axis is a single plane. A slab of planes,
/// [channel][x][other axes], is transformed along the other axes, one after the other, to rows [channel][x][kept...] of
/// all planes; rows are transformed along X, for a whole sample at once, to its modes [channel][kept...]. An axis
/// without a line keeps its cells. Analysis and synthesis of equal scaling are adjoint. Work is put on the device's
/// stream.
template <RealScalar T>
class SlabTransform {
 public:
  using Complex = std::complex<T>;

  /// What transforms need between two axes; may be shared by those that are not used at the same time.
  struct Work {
    Storage<Complex> slab, stages[2];
  };

  /// `extent`: cells of the rank's part along every grid axis. `work` must outlive the transform.
  SlabTransform(const Device& device, Index channels, const Shape& extent,
                const std::vector<std::optional<FourierLine>>& lines, Work& work);

  Index planes() const noexcept { return planes_; }
  Index plane_cells() const noexcept { return plane_cells_; }
  /// Of the last grid axis.
  Index last_cells() const noexcept { return last_cells_; }
  /// Planes in a slab, at most.
  Index slab_planes() const noexcept { return slab_planes_; }
  /// Real numbers in the modes of one sample.
  Index mode_count() const noexcept { return 2 * channels_ * kx_ * row_modes_; }

  /// The rows of a sample from its modes: in `rows`, or the modes themselves where X keeps its cells.
  const Complex* rows_of(ModeScaling scaling, const T* modes, Storage<Complex>& rows) const;
  /// v = the planes [first, first + count).
  void synthesise(ModeScaling scaling, Index first, Index count, const Complex* rows, T* v);

  /// Where the rows of a sample are to be gathered: in `rows`, or in its modes where X keeps its cells.
  Complex* rows_for(T* modes, Storage<Complex>& rows) const;
  void analyse(ModeScaling scaling, Index first, Index count, const T* v, Complex* rows);
  /// The modes of a sample from its rows.
  void gather(ModeScaling scaling, const Complex* rows, T* modes) const;

 private:
  using Transform = AxisTransform<T>;
  /// One of the other axes: cells before it and numbers after it when those behind it are transformed.
  struct Stage {
    std::unique_ptr<const Transform> transform;
    Index before, after;
  };

  Complex* between(std::size_t stage) { return work_.stages[stage % 2].data(); }
  void copy_rows(Index first, Index count, const Complex* slab, Complex* rows) const;

  Device device_;
  Index channels_, planes_ = 1, plane_cells_ = 1, last_cells_, slab_planes_ = 1;
  Index kx_ = 1, row_modes_ = 1;
  std::unique_ptr<const Transform> x_;  ///< null: X keeps its cells
  std::vector<Stage> stages_;           ///< in the order of analysis: the last axis first
  Work& work_;
};

}  // namespace tessera::engine
