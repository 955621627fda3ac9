#pragma once

/// \file
/// What computes a distributed FFT, on every kind of device.

#include <complex>
#include <memory>
#include <string>

#include "spectral/distributed_fft_plan.hpp"
#include "tessera/tensor/dist_tensor.hpp"

namespace tessera {

/// The stages of a distributed FFT made executable, forwards and backwards. Cell: a real type where the last axis has
/// half the modes. Calls and destruction are collective; all tensors live in the two spaces of the operator.
template <Scalar Cell>
class FftPipeline {
 public:
  using Mode = std::complex<RealPart<Cell>>;

  FftPipeline() = default;
  FftPipeline(const FftPipeline&) = delete;
  FftPipeline& operator=(const FftPipeline&) = delete;
  virtual ~FftPipeline() = default;

  virtual void forward(const DistTensor<Cell>& x, DistTensor<Mode>& y) const = 0;
  virtual void backward(FftBackward kind, const DistTensor<Mode>& y, DistTensor<Cell>& x) const = 0;
  virtual std::string describe() const = 0;
};

/// The space of the spectrum. Throws what the operators' constructors are documented to throw, in the name of `name`.
template <Scalar Cell>
TensorSpace fft_spectrum_space(const std::string& name, const Shape& shape, std::size_t grid_axes,
                               const Partition& partition, FftOrder order);

/// On the device of the partition's communicator; `shape` has the cells. Collective.
template <Scalar Cell>
std::unique_ptr<const FftPipeline<Cell>> make_fft_pipeline(const Shape& shape, std::size_t grid_axes,
                                                           const Partition& partition,
                                                           const DistributedFftOptions& options);

}  // namespace tessera
