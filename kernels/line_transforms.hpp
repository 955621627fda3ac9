#pragma once

/// \file
/// Truncated Fourier transforms along one axis on a device, as products with the retained rows of the Fourier matrix.
/// On device memory, see kernels/elementwise.hpp; sums are made in the type of the data.

#include <complex>

#include "kernels/product_precision.hpp"
#include "tessera/core/scalar.hpp"
#include "tessera/core/shape.hpp"
#include "tessera/core/stream.hpp"

namespace tessera::kernels {

/// Extents of one transform: cells [outer, cells, inner] and modes [outer, modes, inner], contiguous. Its matrix is
/// F [modes, cells]; with F[k, n] = s_k exp(-2 pi i f_k n / N) these are the transforms of
/// tessera/spectral/axis_transform.hpp.
struct LineTransform {
  Index outer, cells, modes, inner;
};

/// Analysis:  y[a, k, c] = sum_n F[k, n] x[a, n, c].  `Cell` is real or complex; arrays must not overlap.
template <class Cell>
void analyse_lines(const Stream& stream, const LineTransform& size, const std::complex<RealPart<Cell>>* matrix,
                   const Cell* x, std::complex<RealPart<Cell>>* y, Products products = Products::float32);

/// Its adjoint, the synthesis:  x[a, n, c] = sum_k conj(F[k, n]) y[a, k, c], or its real part where x is real.
template <class Cell>
void synthesise_lines(const Stream& stream, const LineTransform& size, const std::complex<RealPart<Cell>>* matrix,
                      const std::complex<RealPart<Cell>>* y, Cell* x, Products products = Products::float32);

}  // namespace tessera::kernels
