#pragma once

/// \file
/// One block of a Fourier neural operator.

#include <cstdint>
#include <string>

#include "tessera/layers/activation.hpp"
#include "tessera/layers/axis_affine.hpp"
#include "tessera/layers/spectral_conv.hpp"

namespace tessera {

/// y = gelu(W x + IF(R . F x)), W a width x width channel map without bias; x and y [batch, width, grid...] on one
/// partition. The two branches start with half the variance each. Parameters: name/pointwise/weight and
/// name/spectral/weight. Calls are collective.
/// Source: Li et al., arXiv 2010.08895, equation 2.
template <RealScalar T>
class FnoBlock {
 public:
  /// `gain`: see SpectralConv; of the block as a whole.
  FnoBlock(const std::string& name, const Partition& partition, const SpectralGrid& spectral, Index width,
           std::uint64_t seed, Schedule schedule, Initialisation initialisation, double gain);

  Variable<T> operator()(const Variable<T>& x) { return gelu(add(pointwise_(x), spectral_(x))); }

  void list_parameters(ParameterList<T>& list) {
    pointwise_.list_parameters(list);
    spectral_.list_parameters(list);
  }
  ChannelAffine<T>& pointwise() noexcept { return pointwise_; }
  SpectralConv<T>& spectral() noexcept { return spectral_; }

 private:
  ChannelAffine<T> pointwise_;
  SpectralConv<T> spectral_;
};

}  // namespace tessera
