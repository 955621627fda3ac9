#pragma once

/// \file
/// Products of complex numbers, summed: the arithmetic of mode mixing.

#include "kernels/arithmetic/host_device.hpp"

namespace tessera::kernels {

/// In memory the same as std::complex<T>, whose operators device code may not call. Aligned so that one is loaded at
/// once.
template <class T>
struct alignas(2 * sizeof(T)) Complex {
  T real, imaginary;
};

/// sum += a b, or a conj(b) with Conjugate.
template <bool Conjugate, class T>
TESSERA_HOST_DEVICE inline void add_product(const Complex<T>& a, const Complex<T>& b, Complex<T>& sum) {
  const T imaginary = Conjugate ? -b.imaginary : b.imaginary;
  sum.real += a.real * b.real - a.imaginary * imaginary;
  sum.imaginary += a.real * imaginary + a.imaginary * b.real;
}

}  // namespace tessera::kernels
