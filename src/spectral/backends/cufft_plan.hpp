#pragma once

/// \file
/// Plans of cuFFT.

#include <cufft.h>

#include <complex>
#include <cstddef>

#include "tessera/core/shape.hpp"
#include "tessera/core/stream.hpp"

namespace tessera {

/// Where numbers lie: `stride` between neighbours on a line, `distance` between neighbouring lines; in elements.
/// Of boxes: between neighbours on the last axis, between neighbouring boxes.
struct LineLayout {
  Index stride, distance;
};

/// The lines, or boxes, along the middle axis of a contiguous [outer, length, inner] as cuFFT takes them in as few runs
/// as possible: in every run all inner or all outer positions.
struct LineRuns {
  Index count, step;  ///< runs, and the distance of their first elements
  Index lines;
  LineLayout layout;
};
LineRuns line_runs(Index length, Index outer, Index inner);

/// Unnormalised FFTs of equal boxes of 1 to 3 axes along all their axes: of equal lines in the case of one. Move-only.
/// The plan holds no device memory of its own.
class CufftPlan {
 public:
  /// `cells`: extents of a box, the real side's where there is one; the spectrum's last axis is then N / 2 + 1 long.
  /// Elements of a box follow each other in row-major order, each `stride` after the one before. Throws FftError when
  /// cuFFT refuses.
  CufftPlan(cufftType type, const Shape& cells, Index boxes, const LineLayout& input, const LineLayout& output);
  CufftPlan(CufftPlan&& other) noexcept;
  CufftPlan& operator=(CufftPlan&&) = delete;
  ~CufftPlan();

  /// Puts runs on the stream, each `step` elements of both arrays further; the types are those of the plan. Only runs
  /// from spectra to reals change their input. Real arrays must be aligned to complex numbers. Throws FftError when
  /// cuFFT refuses.
  template <class From, class To>
  void run(const Stream& stream, const From* input, To* output, int direction = CUFFT_FORWARD, Index runs = 1,
           Index step = 0) const;

 private:
  cufftHandle handle_ = 0;
  bool owned_ = true;
  std::size_t work_bytes_ = 0;
};

}  // namespace tessera
