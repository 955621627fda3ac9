#pragma once

/// \file
/// Truncated Fourier transforms along one axis of local memory.

#include <complex>
#include <memory>
#include <vector>

#include "tessera/core/device.hpp"
#include "tessera/core/scalar.hpp"
#include "tessera/core/shape.hpp"

namespace tessera {

/// How an axis transform is computed.
enum class TransformEngine {
  automatic,  ///< whichever is expected to be faster; on a device, where that is open, whichever is faster at first use
  matrix,     ///< a product with the retained rows of the Fourier matrix: any length, any slab
  fft         ///< an FFT of the full line, then the retained modes; on the CPU needs a build with FFTW
};

/// Which factor multiplies mode k.
enum class ModeScaling {
  unit,    ///< 1: the forward transform and its adjoint
  inverse  ///< the weight w_k of the inverse transform: the inverse and its adjoint
};

/// The cells of one axis that a transform sees, and the modes kept: frequency and weight w_k in the inverse transform.
struct FourierLine {
  Index length;
  Range slab;
  std::vector<Index> frequencies;
  std::vector<double> inverse_weights;
};

/// One axis: cells n of a slab [start, start + extent) of a line of `length` cells, and kept frequencies f_k.
///   analysis:   X[a, k, c] = s_k sum_n x[a, n, c] exp(-2 pi i f_k n / N)
///   synthesis:  x[a, n, c] = sum_k s_k X[a, k, c] exp(+2 pi i f_k n / N), or its real part where x is real
/// with s_k = 1 or w_k. Analysis and synthesis of equal scaling are adjoint to each other in Re sum conj(a) b; the
/// unscaled analysis is numpy's forward transform, the synthesis with w_k = 1 / N its inverse.
/// Arrays are contiguous [outer, cells or modes, inner], in memory of the transform's device. Local: no communication.
template <RealScalar T>
class AxisTransform {
 public:
  using Line = FourierLine;

  virtual ~AxisTransform() = default;

  virtual void analyse(ModeScaling scaling, Index outer, Index inner, const T* x, std::complex<T>* modes) const = 0;
  virtual void analyse(ModeScaling scaling, Index outer, Index inner, const std::complex<T>* x,
                       std::complex<T>* modes) const = 0;
  virtual void synthesise(ModeScaling scaling, Index outer, Index inner, const std::complex<T>* modes, T* x) const = 0;
  virtual void synthesise(ModeScaling scaling, Index outer, Index inner, const std::complex<T>* modes,
                          std::complex<T>* x) const = 0;
};

/// Builds the engine asked for. Throws FftError when `fft` is asked for in a build without it or for a slab.
template <RealScalar T>
std::unique_ptr<const AxisTransform<T>> make_axis_transform(const typename AxisTransform<T>::Line& line,
                                                            TransformEngine engine = TransformEngine::automatic,
                                                            const Device& device = {});

}  // namespace tessera
