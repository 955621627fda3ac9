#include "spectral/line_fft.hpp"

#include <algorithm>

namespace tessera {

namespace {

/// Calls body(a, column, columns) for pieces of the inner axis.
template <class Body>
void for_each_piece(Index outer, Index inner, Index max_columns, Body&& body) {
  for (Index a = 0; a < outer; ++a) {
    for (Index column = 0; column < inner; column += max_columns)
      body(a, column, std::min(max_columns, inner - column));
  }
}

template <class T>
void copy_rows(Index rows, Index columns, const T* source, Index source_stride, T* target, Index target_stride) {
  for (Index row = 0; row < rows; ++row) {
    std::copy_n(source + row * source_stride, columns, target + row * target_stride);
  }
}

}  // namespace

template <RealScalar T>
LineFft<T>::LineFft(const typename AxisTransform<T>::Line& line)
    : length_(line.length),
      frequencies_(line.frequencies),
      weights_(line.inverse_weights),
      lines_(line.length),
      spectrum_(line.length * FftLines<T>::kMaxColumns),
      reals_(line.length * FftLines<T>::kMaxColumns) {}

template <RealScalar T>
void LineFft<T>::analyse(ModeScaling scaling, Index outer, Index inner, const T* x, std::complex<T>* modes) const {
  const Index kept = static_cast<Index>(frequencies_.size());
  for_each_piece(outer, inner, FftLines<T>::kMaxColumns, [&](Index a, Index column, Index columns) {
    copy_rows(length_, columns, x + a * length_ * inner + column, inner, reals_.data(), columns);
    lines_.forward_real(columns, reals_.data(), spectrum_.data());
    for (Index k = 0; k < kept; ++k) {
      const Index frequency = frequencies_[static_cast<std::size_t>(k)];
      const bool mirrored = frequency > length_ / 2;
      const std::complex<T>* row = spectrum_.data() + (mirrored ? length_ - frequency : frequency) * columns;
      std::complex<T>* out = modes + (a * kept + k) * inner + column;
      const T scale = factor(scaling, k);
      for (Index c = 0; c < columns; ++c) out[c] = scale * (mirrored ? std::conj(row[c]) : row[c]);
    }
  });
}

template <RealScalar T>
void LineFft<T>::analyse(ModeScaling scaling, Index outer, Index inner, const std::complex<T>* x,
                         std::complex<T>* modes) const {
  const Index kept = static_cast<Index>(frequencies_.size());
  for_each_piece(outer, inner, FftLines<T>::kMaxColumns, [&](Index a, Index column, Index columns) {
    copy_rows(length_, columns, x + a * length_ * inner + column, inner, spectrum_.data(), columns);
    lines_.forward(columns, spectrum_.data());
    for (Index k = 0; k < kept; ++k) {
      const std::complex<T>* row = spectrum_.data() + frequencies_[static_cast<std::size_t>(k)] * columns;
      std::complex<T>* out = modes + (a * kept + k) * inner + column;
      const T scale = factor(scaling, k);
      for (Index c = 0; c < columns; ++c) out[c] = scale * row[c];
    }
  });
}

template <RealScalar T>
void LineFft<T>::synthesise(ModeScaling scaling, Index outer, Index inner, const std::complex<T>* modes, T* x) const {
  const Index kept = static_cast<Index>(frequencies_.size());
  for_each_piece(outer, inner, FftLines<T>::kMaxColumns, [&](Index a, Index column, Index columns) {
    std::fill_n(spectrum_.data(), (length_ / 2 + 1) * columns, std::complex<T>{});
    for (Index k = 0; k < kept; ++k) {
      const Index frequency = frequencies_[static_cast<std::size_t>(k)];
      const bool mirrored = frequency > length_ / 2;
      const bool own_conjugate = frequency == 0 || 2 * frequency == length_;
      std::complex<T>* row = spectrum_.data() + (mirrored ? length_ - frequency : frequency) * columns;
      const std::complex<T>* in = modes + (a * kept + k) * inner + column;
      // Re(c e^{it}) = (c e^{it} + conj(c) e^{-it}) / 2: a half spectrum that stands for both halves takes half of c.
      const T scale = factor(scaling, k) * (own_conjugate ? T{1} : T{0.5});
      for (Index c = 0; c < columns; ++c) {
        row[c] += own_conjugate ? std::complex<T>(scale * in[c].real()) : scale * (mirrored ? std::conj(in[c]) : in[c]);
      }
    }
    lines_.backward_real(columns, spectrum_.data(), reals_.data());
    copy_rows(length_, columns, reals_.data(), columns, x + a * length_ * inner + column, inner);
  });
}

template <RealScalar T>
void LineFft<T>::synthesise(ModeScaling scaling, Index outer, Index inner, const std::complex<T>* modes,
                            std::complex<T>* x) const {
  const Index kept = static_cast<Index>(frequencies_.size());
  for_each_piece(outer, inner, FftLines<T>::kMaxColumns, [&](Index a, Index column, Index columns) {
    std::fill_n(spectrum_.data(), length_ * columns, std::complex<T>{});
    for (Index k = 0; k < kept; ++k) {
      std::complex<T>* row = spectrum_.data() + frequencies_[static_cast<std::size_t>(k)] * columns;
      const std::complex<T>* in = modes + (a * kept + k) * inner + column;
      const T scale = factor(scaling, k);
      for (Index c = 0; c < columns; ++c) row[c] = scale * in[c];
    }
    lines_.backward(columns, spectrum_.data());
    copy_rows(length_, columns, spectrum_.data(), columns, x + a * length_ * inner + column, inner);
  });
}

template class LineFft<float>;
template class LineFft<double>;

}  // namespace tessera
