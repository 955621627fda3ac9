#pragma once

#include <complex>
#include <optional>
#include <vector>

#include "kernels/row_combinations.hpp"
#include "spectral/backends/cufft_plan.hpp"
#include "tessera/core/device.hpp"
#include "tessera/core/scalar.hpp"

namespace tessera {

/// Unnormalised complex FFTs of a contiguous tile in device memory along some of its axes, of which neighbouring ones
/// are transformed together. What is in memory besides the tile is there during a call only.
template <RealScalar T>
class DeviceTileFft {
 public:
  using Complex = std::complex<T>;

  /// Throws FftError when cuFFT refuses.
  DeviceTileFft(const Shape& tile, const std::vector<std::size_t>& axes, const Device& device);

  /// Whether there is any axis to transform.
  bool transforms() const noexcept { return !axes_.empty(); }
  /// `direction`: CUFFT_FORWARD or CUFFT_INVERSE. In place where x is y; without axes a copy.
  void run(int direction, const Complex* x, Complex* y) const;

 private:
  /// Boxes [outer, box, inner] of neighbouring axes.
  struct Group {
    Index outer, box, inner;
    bool gathered;  ///< as [box, outer, inner] during the transform
    LineRuns runs;
    CufftPlan plan;
  };
  void run(const Group& group, int direction, const Complex* x, Complex* y) const;

  Device device_;
  Shape tile_;
  std::vector<std::size_t> axes_;
  std::vector<Group> groups_;
};

/// The same between N reals and N / 2 + 1 modes on the last axis, complex along the others.
template <RealScalar T>
class DeviceRealTileFft {
 public:
  using Complex = std::complex<T>;

  /// `cells`: extents of the tile of reals; `axes`: with the last. Throws FftError when cuFFT refuses.
  DeviceRealTileFft(const Shape& cells, const std::vector<std::size_t>& axes, const Device& device);

  void forward(const T* x, Complex* y) const;
  /// x is the backward transform of y, after its other axes combined along the last by `modes`: one combination, in
  /// device memory, for each mode. Those of modes that are their own conjugates have to make them real: cuFFT leaves
  /// open what it does with imaginary parts there.
  void backward(const kernels::RowCombination<T>* modes, const Complex* y, T* x) const;

 private:
  Device device_;
  Index rows_, modes_;              ///< of the spectrum
  std::optional<CufftPlan> reals_;  ///< to spectra, with up to two neighbours of the last axis; none of an empty tile
  std::optional<CufftPlan> lines_;  ///< from spectra
  DeviceTileFft<T> after_;          ///< forward, along the axes that are left
  DeviceTileFft<T> before_;         ///< backward, along all but the last
};

}  // namespace tessera
