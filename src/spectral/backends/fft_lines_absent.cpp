#include "spectral/backends/fft_lines.hpp"

#include "tessera/core/error.hpp"

namespace tessera {

template <RealScalar T>
struct FftLines<T>::Plans {};

template <RealScalar T>
bool FftLines<T>::available() {
  return false;
}

template <RealScalar T>
FftLines<T>::FftLines(Index) {
  throw FftError("FftLines: this build has no FFT library; configure with -DTESSERA_FFTW=ON");
}

template <RealScalar T>
FftLines<T>::~FftLines() = default;

template <RealScalar T>
void FftLines<T>::forward(Index, std::complex<T>*) const {}
template <RealScalar T>
void FftLines<T>::backward(Index, std::complex<T>*) const {}
template <RealScalar T>
void FftLines<T>::forward_real(Index, const T*, std::complex<T>*) const {}
template <RealScalar T>
void FftLines<T>::backward_real(Index, std::complex<T>*, T*) const {}

template class FftLines<float>;
template class FftLines<double>;

}  // namespace tessera
