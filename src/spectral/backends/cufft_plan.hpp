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
struct LineLayout {
  Index stride, distance;
};

/// Unnormalised FFTs of equal lines. Move-only. The plan holds no device memory of its own.
class CufftPlan {
 public:
  /// Throws FftError when cuFFT refuses.
  CufftPlan(cufftType type, Index length, Index lines, const LineLayout& input, const LineLayout& output);
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
