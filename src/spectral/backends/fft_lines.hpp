#pragma once

#include <complex>
#include <memory>

#include "tessera/core/scalar.hpp"
#include "tessera/core/shape.hpp"

namespace tessera {

/// Unnormalised FFTs of `columns` interleaved lines: arrays are [length, columns] (or [length / 2 + 1, columns] for the
/// half spectrum of real lines), with a column count of at most kMaxColumns. Absent from builds without FFTW.
template <RealScalar T>
class FftLines {
 public:
  static constexpr Index kMaxColumns = 32;

  static bool available();
  /// Throws FftError in a build without FFTW.
  explicit FftLines(Index length);
  ~FftLines();

  /// In place, exp(-2 pi i k n / N).
  void forward(Index columns, std::complex<T>* lines) const;
  /// In place, exp(+2 pi i k n / N).
  void backward(Index columns, std::complex<T>* lines) const;
  void forward_real(Index columns, const T* lines, std::complex<T>* half_spectrum) const;
  /// Destroys the half spectrum.
  void backward_real(Index columns, std::complex<T>* half_spectrum, T* lines) const;

 private:
  struct Plans;
  std::unique_ptr<Plans> plans_;
};

}  // namespace tessera
