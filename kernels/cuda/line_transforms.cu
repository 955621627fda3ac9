#include "kernels/line_transforms.hpp"

#include "kernels/cuda/column_product.cuh"

namespace tessera::kernels {

namespace {

using cuda::PlainRows;
using cuda::PlainTarget;

/// The Fourier matrix over reals: a complex mode or cell is two rows. Entry of the real (p = 0) or imaginary (p = 1)
/// part of a mode and that of a cell:  F (re + i im) = (F_re re - F_im im) + i (F_im re + F_re im).  The synthesis has
/// the transposed matrix, since conj(F)^T is the adjoint.
template <class T, int CellParts, bool Synthesis>
struct FourierEntries {
  static constexpr bool kTermsContiguous = !Synthesis;
  const Complex<T>* matrix;
  Index cells;

  __device__ T at(Index row, Index term) const {
    const Index mode = Synthesis ? term : row, cell = Synthesis ? row : term;
    const Complex<T> entry = matrix[mode / 2 * cells + cell / CellParts];
    const Index mode_part = mode % 2, cell_part = cell % CellParts;
    if (mode_part == cell_part) return entry.real;
    return mode_part == 1 ? entry.imaginary : -entry.imaginary;
  }
};

template <class T>
struct ComplexTarget {
  static constexpr int kParts = 2;
  cuda::AxisRows<2> axis;
  T* values;

  __device__ T initial(Index, Index) const { return 0; }
  __device__ void store(Index address, T value) const { values[address] = value; }
  __device__ void store_pair(Index address, T real, T imaginary) const {
    *reinterpret_cast<Complex<T>*>(values + address) = {real, imaginary};
  }
};

template <class Cell>
inline constexpr int kParts = static_cast<int>(kRealsPerElement<Cell>);

}  // namespace

template <class Cell>
void analyse_lines(const Stream& stream, const LineTransform& size, const std::complex<RealPart<Cell>>* matrix,
                   const Cell* x, std::complex<RealPart<Cell>>* y, Products products) {
  using T = RealPart<Cell>;
  constexpr int kCell = kParts<Cell>;
  const Index rows = 2 * size.modes, terms = kCell * size.cells;
  cuda::launch_column_product<T>(
      stream, "analyse_lines", rows, terms, size.outer * size.inner,
      FourierEntries<T, kCell, false>{reinterpret_cast<const Complex<T>*>(matrix), size.cells},
      PlainRows<T, kCell>{{terms, size.inner}, reinterpret_cast<const T*>(x)},
      ComplexTarget<T>{{rows, size.inner}, reinterpret_cast<T*>(y)}, products);
}

template <class Cell>
void synthesise_lines(const Stream& stream, const LineTransform& size, const std::complex<RealPart<Cell>>* matrix,
                      const std::complex<RealPart<Cell>>* y, Cell* x, Products products) {
  using T = RealPart<Cell>;
  constexpr int kCell = kParts<Cell>;
  const Index rows = kCell * size.cells, terms = 2 * size.modes;
  const FourierEntries<T, kCell, true> entries{reinterpret_cast<const Complex<T>*>(matrix), size.cells};
  const PlainRows<T, 2> modes{{terms, size.inner}, reinterpret_cast<const T*>(y)};
  const auto product = [&](const auto& target) {
    cuda::launch_column_product<T>(stream, "synthesise_lines", rows, terms, size.outer * size.inner, entries, modes,
                                   target, products);
  };
  if constexpr (kCell == 2) {
    product(ComplexTarget<T>{{rows, size.inner}, reinterpret_cast<T*>(x)});
  } else {
    product(PlainTarget<T>{{rows, size.inner}, x, nullptr});
  }
}

#define TESSERA_INSTANTIATE(Cell)                                                                                \
  template void analyse_lines<Cell>(const Stream&, const LineTransform&, const std::complex<RealPart<Cell>>*,    \
                                    const Cell*, std::complex<RealPart<Cell>>*, Products);                       \
  template void synthesise_lines<Cell>(const Stream&, const LineTransform&, const std::complex<RealPart<Cell>>*, \
                                       const std::complex<RealPart<Cell>>*, Cell*, Products);

TESSERA_INSTANTIATE(float)
TESSERA_INSTANTIATE(double)
TESSERA_INSTANTIATE(std::complex<float>)
TESSERA_INSTANTIATE(std::complex<double>)

}  // namespace tessera::kernels
