#include "spectral/backends/box_fft.hpp"
#include "spectral/backends/fft_lines.hpp"
#include "tessera/core/error.hpp"
#include "tessera/spectral/distributed_fft.hpp"

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

template <RealScalar T>
struct BoxFft<T>::Plan {};

template <RealScalar T>
bool BoxFft<T>::available() {
  return false;
}

template <RealScalar T>
BoxFft<T>::BoxFft(Kind, const Geometry&, FftPlanning) {
  throw FftError("BoxFft: this build has no FFT library; configure with -DTESSERA_FFTW=ON");
}

template <RealScalar T>
BoxFft<T>::BoxFft(BoxFft&&) noexcept = default;
template <RealScalar T>
BoxFft<T>& BoxFft<T>::operator=(BoxFft&&) noexcept = default;
template <RealScalar T>
BoxFft<T>::~BoxFft() = default;

template <RealScalar T>
void BoxFft<T>::apply(const std::complex<T>*, std::complex<T>*) const {}
template <RealScalar T>
void BoxFft<T>::apply(const T*, std::complex<T>*) const {}
template <RealScalar T>
void BoxFft<T>::apply(std::complex<T>*, T*) const {}

template class BoxFft<float>;
template class BoxFft<double>;

}  // namespace tessera
