#include "spectral/fourier_matrix.hpp"

#include <algorithm>

#include "kernels/products.hpp"
#include "spectral/fourier_coefficients.hpp"

namespace tessera {

namespace {

/// Columns handled at a time, so that a tile of inputs and its products stay in the second-level cache.
constexpr Index kTileColumns = 256;

/// Re and Im rows of a product, side by side in `rows`, become interleaved complex numbers.
template <class T>
void interleave(Index count, const T* real, const T* imaginary, T* out) {
  for (Index i = 0; i < count; ++i) {
    out[2 * i] = real[i];
    out[2 * i + 1] = imaginary[i];
  }
}

/// out = a + i b for interleaved complex rows.
template <class T>
void add_rotated(Index count, const T* a, const T* b, T* out) {
  for (Index i = 0; i < count; ++i) {
    out[2 * i] = a[2 * i] - b[2 * i + 1];
    out[2 * i + 1] = a[2 * i + 1] + b[2 * i];
  }
}

}  // namespace

template <RealScalar T>
FourierMatrix<T>::FourierMatrix(const typename AxisTransform<T>::Line& line)
    : cells_(line.slab.extent),
      modes_(static_cast<Index>(line.frequencies.size())),
      unit_(make_matrices(line, ModeScaling::unit)),
      inverse_(make_matrices(line, ModeScaling::inverse)) {}

template <RealScalar T>
auto FourierMatrix<T>::make_matrices(const FourierLine& line, ModeScaling scaling) -> Matrices {
  const FourierCoefficients coefficients = fourier_coefficients(line, scaling);
  const Index cells = coefficients.cells;
  const Index modes = coefficients.modes;
  const Index entries = cells * modes;
  Matrices m{Buffer<T>(2 * entries), Buffer<T>(2 * entries), Buffer<T>(2 * entries), Buffer<T>(2 * entries),
             Buffer<T>(2 * entries), Buffer<T>(4 * entries), Buffer<T>(4 * entries)};
  for (Index k = 0; k < modes; ++k) {
    for (Index n = 0; n < cells; ++n) {
      const auto entry = static_cast<std::size_t>(k * cells + n);
      const T cosine = static_cast<T>(coefficients.cosine[entry]);
      const T sine = static_cast<T>(coefficients.sine[entry]);
      m.analysis.data()[k * cells + n] = cosine;
      m.analysis.data()[(modes + k) * cells + n] = -sine;
      m.synthesis.data()[n * modes + k] = cosine;
      m.synthesis.data()[(cells + n) * modes + k] = sine;
      m.synthesis_real.data()[n * 2 * modes + k] = cosine;
      m.synthesis_real.data()[n * 2 * modes + modes + k] = -sine;
      m.line_analysis_real.data()[n * 2 * modes + 2 * k] = cosine;
      m.line_analysis_real.data()[n * 2 * modes + 2 * k + 1] = -sine;
      m.line_synthesis_real.data()[2 * k * cells + n] = cosine;
      m.line_synthesis_real.data()[(2 * k + 1) * cells + n] = -sine;
      // exp(-i t) as the 2x2 block [c -s; s c] applied to the row (re, im); its transpose is exp(+i t).
      T* block = m.line_analysis.data() + 2 * n * 2 * modes + 2 * k;
      block[0] = cosine;
      block[1] = -sine;
      block[2 * modes] = sine;
      block[2 * modes + 1] = cosine;
      block = m.line_synthesis.data() + 2 * k * 2 * cells + 2 * n;
      block[0] = cosine;
      block[1] = sine;
      block[2 * cells] = -sine;
      block[2 * cells + 1] = cosine;
    }
  }
  return m;
}

template <RealScalar T>
void FourierMatrix<T>::complex_product(const T* matrix, Index rows, Index terms, Index outer, Index inner,
                                       const std::complex<T>* in, std::complex<T>* out) const {
  const Index width = std::min(inner, kTileColumns);
  scratch_.require(2 * rows * 2 * width);
  T* product = scratch_.data();
  for (Index a = 0; a < outer; ++a) {
    const T* source = reinterpret_cast<const T*>(in + a * terms * inner);
    T* target = reinterpret_cast<T*>(out + a * rows * inner);
    for (Index column = 0; column < inner; column += width) {
      const Index columns = std::min(width, inner - column);
      kernels::multiply(2 * rows, 2 * columns, terms, matrix, terms, source + 2 * column, 2 * inner, product,
                        2 * columns, false);
      for (Index r = 0; r < rows; ++r) {
        add_rotated(columns, product + r * 2 * columns, product + (rows + r) * 2 * columns,
                    target + 2 * (r * inner + column));
      }
    }
  }
}

template <RealScalar T>
void FourierMatrix<T>::analyse(ModeScaling scaling, Index outer, Index inner, const T* x,
                               std::complex<T>* modes) const {
  const Matrices& m = matrices(scaling);
  T* out = reinterpret_cast<T*>(modes);
  if (inner == 1) {
    kernels::multiply(outer, 2 * modes_, cells_, x, cells_, m.line_analysis_real.data(), 2 * modes_, out, 2 * modes_,
                      false);
    return;
  }
  const Index width = std::min(inner, kTileColumns);
  scratch_.require(2 * modes_ * width);
  for (Index a = 0; a < outer; ++a) {
    for (Index column = 0; column < inner; column += width) {
      const Index columns = std::min(width, inner - column);
      kernels::multiply(2 * modes_, columns, cells_, m.analysis.data(), cells_, x + a * cells_ * inner + column, inner,
                        scratch_.data(), columns, false);
      for (Index k = 0; k < modes_; ++k) {
        interleave(columns, scratch_.data() + k * columns, scratch_.data() + (modes_ + k) * columns,
                   out + 2 * ((a * modes_ + k) * inner + column));
      }
    }
  }
}

template <RealScalar T>
void FourierMatrix<T>::analyse(ModeScaling scaling, Index outer, Index inner, const std::complex<T>* x,
                               std::complex<T>* modes) const {
  const Matrices& m = matrices(scaling);
  if (inner == 1) {
    kernels::multiply(outer, 2 * modes_, 2 * cells_, reinterpret_cast<const T*>(x), 2 * cells_, m.line_analysis.data(),
                      2 * modes_, reinterpret_cast<T*>(modes), 2 * modes_, false);
    return;
  }
  complex_product(m.analysis.data(), modes_, cells_, outer, inner, x, modes);
}

template <RealScalar T>
void FourierMatrix<T>::synthesise(ModeScaling scaling, Index outer, Index inner, const std::complex<T>* modes,
                                  T* x) const {
  const Matrices& m = matrices(scaling);
  const T* in = reinterpret_cast<const T*>(modes);
  if (inner == 1) {
    kernels::multiply(outer, cells_, 2 * modes_, in, 2 * modes_, m.line_synthesis_real.data(), cells_, x, cells_,
                      false);
    return;
  }
  const Index width = std::min(inner, kTileColumns);
  scratch_.require(2 * modes_ * width);
  T* split = scratch_.data();
  for (Index a = 0; a < outer; ++a) {
    for (Index column = 0; column < inner; column += width) {
      const Index columns = std::min(width, inner - column);
      for (Index k = 0; k < modes_; ++k) {
        const T* source = in + 2 * ((a * modes_ + k) * inner + column);
        for (Index c = 0; c < columns; ++c) {
          split[k * columns + c] = source[2 * c];
          split[(modes_ + k) * columns + c] = source[2 * c + 1];
        }
      }
      kernels::multiply(cells_, columns, 2 * modes_, m.synthesis_real.data(), 2 * modes_, split, columns,
                        x + a * cells_ * inner + column, inner, false);
    }
  }
}

template <RealScalar T>
void FourierMatrix<T>::synthesise(ModeScaling scaling, Index outer, Index inner, const std::complex<T>* modes,
                                  std::complex<T>* x) const {
  const Matrices& m = matrices(scaling);
  if (inner == 1) {
    kernels::multiply(outer, 2 * cells_, 2 * modes_, reinterpret_cast<const T*>(modes), 2 * modes_,
                      m.line_synthesis.data(), 2 * cells_, reinterpret_cast<T*>(x), 2 * cells_, false);
    return;
  }
  complex_product(m.synthesis.data(), cells_, modes_, outer, inner, modes, x);
}

template class FourierMatrix<float>;
template class FourierMatrix<double>;

}  // namespace tessera
