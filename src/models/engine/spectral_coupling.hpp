#pragma once

/// \file
/// What joins the tiles of one block: the retained modes, over all ranks.

#include <complex>
#include <memory>
#include <optional>

#include "models/engine/pass_fields.hpp"
#include "tessera/layers/shared_weight.hpp"
#include "tessera/primitives/repartition.hpp"
#include "tessera/spectral/truncated_fft.hpp"

namespace tessera::engine {

/// Takes mode buffers (transformed on this rank's part only) to the complete spectrum, on the ranks that
/// hold the spectral weights, and back.
template <RealScalar T>
class SpectralCoupling {
 public:
  using Complex = std::complex<T>;

  /// `weights`: where the spectral weights of every mode are, [in, out, modes...]. Collective.
  SpectralCoupling(std::shared_ptr<const PlannedTransform<T>> transform, const Partition& weights);

  TensorSpace spectrum_space() const;
  /// Collective.
  DistTensor<Complex> analyse(ModeScaling scaling, const ModeLayout<T>& layout, const T* modes) const;
  void synthesise(ModeScaling scaling, const ModeLayout<T>& layout, const DistTensor<Complex>& spectrum,
                  T* modes) const;

 private:
  std::shared_ptr<const PlannedTransform<T>> transform_;
  /// To the ranks of the weights, where the transform ends elsewhere.
  std::optional<Repartition<Complex>> move_;
};

/// Y = R . X, and the gradients with respect to X and R; R's is added to its parameter's. Collective where R is shared.
template <RealScalar T>
DistTensor<std::complex<T>> mix(const SharedWeight<std::complex<T>>& weight, const DistTensor<std::complex<T>>& x);
template <RealScalar T>
DistTensor<std::complex<T>> mix_backward(SharedWeight<std::complex<T>>& weight, const DistTensor<std::complex<T>>& x,
                                         const DistTensor<std::complex<T>>& gy);

}  // namespace tessera::engine
