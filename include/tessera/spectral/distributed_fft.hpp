#pragma once

/// \file
/// The plain distributed FFT: all modes, any partition.

#include <complex>
#include <memory>
#include <string>

#include "tessera/primitives/linear_operator.hpp"

namespace tessera {

/// How FFTW chooses its algorithms. On CUDA devices it changes nothing: cuFFT chooses by rule.
enum class FftPlanning {
  estimate,  ///< by rule: quick, and the same rounding in every run
  measure    ///< by trying: up to twice as fast for real transforms and long lines; rounding may differ between runs
};

/// How the spectrum is divided among the ranks.
enum class FftOrder {
  transposed,  ///< as it is after the last axis has been transformed: the fewest exchanges
  natural      ///< like the input, which takes one exchange more
};

/// How tiles travel between ranks. On CUDA devices it changes nothing: they travel as the communicator's data does.
enum class FftExchange {
  automatic,  ///< shared memory between ranks of one node where the system grants it, messages otherwise
  messages    ///< messages between all ranks
};

struct DistributedFftOptions {
  FftOrder order = FftOrder::transposed;
  FftPlanning planning = FftPlanning::estimate;
  FftExchange exchange = FftExchange::automatic;
};

template <Scalar Cell>
class FftPipeline;

/// y = F x: the complex Fourier transform along the last `grid_axes` axes (1 to 4) of a tensor, all modes kept:
///   forward:  y[a, k] = sum_n x[a, n] exp(-2 pi i sum_j k_j n_j / N_j)      (numpy's fftn)
///   inverse:  x[a, n] = 1 / prod(N) sum_k y[a, k] exp(+2 pi i ...)          (numpy's ifftn)
///   adjoint:  prod(N) times the inverse
/// x and y have the same global shape. x may be partitioned in any way; y is partitioned over the same ranks as the
/// order asked for says (see range()). Lines are transformed where they are whole; in between, the ranks move to axes
/// that have been transformed: one exchange where one axis is divided. On the CPU a rank transforms its tile by FFTW in
/// chunks that fit its cache and stores each chunk at once where it belongs: straight into the memory of ranks on its
/// own node, or into messages to others. On CUDA devices it transforms its tile whole, by cuFFT, and a Repartition
/// moves it.
///
/// Construction, calls and destruction are collective. Tensors of up to 8 axes. Throws FftError in a build without FFTW
/// on the CPU, and where FFTW or cuFFT refuses; ShapeError when the axes do not fit the shape, PartitionError when the
/// partition replicates. Source: Dalcin, Mortensen, Keyes, arXiv 1804.09536.
template <RealScalar T>
class DistributedFft final : public LinearOperator<std::complex<T>> {
 public:
  using Complex = std::complex<T>;

  DistributedFft(const Shape& shape, std::size_t grid_axes, const Partition& partition,
                 const DistributedFftOptions& options = {});
  ~DistributedFft() override;

  /// The inverse transform: y lives in range(), x in domain(). Collective.
  DistTensor<Complex> inverse(const DistTensor<Complex>& y) const;
  void inverse_into(const DistTensor<Complex>& y, DistTensor<Complex>& x) const;

  /// One line per step: which axes are transformed on which rank grid, and how the tiles travel.
  std::string describe() const;

 private:
  void do_forward(const DistTensor<Complex>& x, DistTensor<Complex>& y) const override;
  void do_adjoint(const DistTensor<Complex>& y, DistTensor<Complex>& x) const override;

  std::unique_ptr<const FftPipeline<Complex>> pipeline_;
};

/// The same for real x: y has the modes 0..N/2 of the last axis, the others being their conjugates (numpy's rfftn;
/// shape [..., N / 2 + 1]). The inverse is numpy's irfftn: the complex inverse transforms of the other axes, then the
/// real one, which ignores imaginary parts at DC and, for even N, at Nyquist. The adjoint is not a multiple of the
/// inverse: it weighs the modes whose conjugates are not stored by 1 / 2.
template <RealScalar T>
class DistributedRealFft final : public LinearOperator<T, std::complex<T>> {
 public:
  using Complex = std::complex<T>;

  DistributedRealFft(const Shape& shape, std::size_t grid_axes, const Partition& partition,
                     const DistributedFftOptions& options = {});
  ~DistributedRealFft() override;

  DistTensor<T> inverse(const DistTensor<Complex>& y) const;
  void inverse_into(const DistTensor<Complex>& y, DistTensor<T>& x) const;

  std::string describe() const;

 private:
  void do_forward(const DistTensor<T>& x, DistTensor<Complex>& y) const override;
  void do_adjoint(const DistTensor<Complex>& y, DistTensor<T>& x) const override;

  std::unique_ptr<const FftPipeline<T>> pipeline_;
};

}  // namespace tessera
