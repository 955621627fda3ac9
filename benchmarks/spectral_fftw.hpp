#pragma once

/// \file
/// FFTW's transform of all modes, from which the kept ones are taken: what truncated transforms compete with.

#include <complex>
#include <memory>

#include "tessera/spectral/axis_transform.hpp"
#include "tessera/spectral/spectral_grid.hpp"

namespace tessera::bench {

/// The transforms of PlannedTransform for `channels` contiguous fields x[grid...] on one rank, modes[kept...]: each
/// field by one real transform over all axes, shared among the rank's threads field by field.
class FullTransform {
 public:
  virtual ~FullTransform() = default;
  virtual void analyse(ModeScaling scaling, const float* x, std::complex<float>* modes) = 0;
  virtual void synthesise(ModeScaling scaling, const std::complex<float>* modes, float* x) = 0;
};

/// Null in a build without FFTW. `measure`: FFTW_MEASURE, otherwise FFTW_ESTIMATE.
std::unique_ptr<FullTransform> make_full_transform(const SpectralGrid& spectral, Index channels, bool measure);

}  // namespace tessera::bench
