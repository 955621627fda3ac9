#pragma once

/// \file
/// The spectral convolution of Fourier neural operators.

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "tessera/layers/parameter_list.hpp"
#include "tessera/layers/shared_weight.hpp"
#include "tessera/spectral/truncated_fft.hpp"

namespace tessera {

/// y = IF(R . F x): X = F x at the kept modes, Y[b, o, k] = sum_i X[b, i, k] R[i, o, k] (no conjugate), y = IF Y.
///
/// x: real [batch, in, grid...] on `partition`; y: [batch, out, grid...] on the same. R is one complex tensor
/// [in, out, 2 m_1, ..., 2 m_{d-1}, m_d] (low corner, then high corner on each axis), sharded by mode like the retained
/// spectrum it multiplies and replicated over ranks on the batch axis only.
///
/// Initial weights: variance_preserving draws normal R with E|R|^2 = gain^2 / in; dfno draws both parts uniformly from
/// [0, 1) / (in out).
/// Calls are collective. Errors: those of SpectralGrid and plan_transform at construction, ShapeError for a wrong
/// input. Source: Li et al., arXiv 2010.08895, equation 4; Grady et al., arXiv 2204.01205.
template <RealScalar T>
class SpectralConv {
 public:
  struct Options {
    Schedule schedule = Schedule::automatic;
    Initialisation initialisation = Initialisation::variance_preserving;
    double gain = 1.0;
  };

  SpectralConv(const std::string& name, const Partition& partition, const SpectralGrid& spectral, Index in, Index out,
               std::uint64_t seed, Options options);

  Variable<T> operator()(const Variable<T>& x);

  void list_parameters(ParameterList<T>& list) { list.push_back(&weight_.parameter()); }
  SharedWeight<std::complex<T>>& weight() noexcept { return weight_; }

 private:
  struct Transforms {
    std::shared_ptr<const TruncatedFft<T>> forward;
    std::shared_ptr<const TruncatedInverseFft<T>> inverse;
  };

  /// Plans depend on the batch; each size is planned once.
  const Transforms& transforms(Index batch);
  Variable<std::complex<T>> multiply(const Variable<std::complex<T>>& modes, const TensorSpace& range);

  std::string name_;
  Partition partition_;
  SpectralGrid spectral_;
  Schedule schedule_;
  Index in_, out_;
  SharedWeight<std::complex<T>> weight_;
  std::map<Index, Transforms> transforms_;
};

}  // namespace tessera
