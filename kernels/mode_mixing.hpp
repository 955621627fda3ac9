#pragma once

/// \file
/// The spectral convolution's product: every mode has its own channel matrix. No conjugate in the forward direction.
/// Modes are shared among the rank's threads. With a Stream: on the device, see kernels/elementwise.hpp.

#include <complex>

#include "tessera/core/shape.hpp"
#include "tessera/core/stream.hpp"

namespace tessera::kernels {

/// Extents of one product: x [batch, in, modes], R [in, out, modes], y [batch, out, modes], all contiguous.
struct ModeMixing {
  Index batch, in, out, modes;
};

/// y[b, o, k] = sum_i x[b, i, k] R[i, o, k]
template <class T>
void mix_modes(const ModeMixing& size, const std::complex<T>* x, const std::complex<T>* r, std::complex<T>* y);
template <class T>
void mix_modes(const Stream& stream, const ModeMixing& size, const std::complex<T>* x, const std::complex<T>* r,
               std::complex<T>* y);

/// gx[b, i, k] = sum_o gy[b, o, k] conj(R[i, o, k])
template <class T>
void mix_modes_adjoint_input(const ModeMixing& size, const std::complex<T>* gy, const std::complex<T>* r,
                             std::complex<T>* gx);
template <class T>
void mix_modes_adjoint_input(const Stream& stream, const ModeMixing& size, const std::complex<T>* gy,
                             const std::complex<T>* r, std::complex<T>* gx);

/// gR[i, o, k] = sum_b gy[b, o, k] conj(x[b, i, k]), added to what is there when `accumulate`
template <class T>
void mix_modes_adjoint_weight(const ModeMixing& size, const std::complex<T>* gy, const std::complex<T>* x,
                              std::complex<T>* gr, bool accumulate = false);
template <class T>
void mix_modes_adjoint_weight(const Stream& stream, const ModeMixing& size, const std::complex<T>* gy,
                              const std::complex<T>* x, std::complex<T>* gr, bool accumulate = false);

}  // namespace tessera::kernels
