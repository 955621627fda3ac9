#pragma once

#include <complex>
#include <memory>

#include "tessera/core/scalar.hpp"
#include "tessera/core/shape.hpp"

namespace tessera {

enum class FftPlanning;

/// An unnormalised FFT along one axis of a strided box: many lines in one call. Absent from builds without FFTW.
template <RealScalar T>
class BoxFft {
 public:
  enum class Kind {
    forward,       ///< complex, exp(-2 pi i k n / N)
    backward,      ///< complex, exp(+2 pi i k n / N)
    real_forward,  ///< real cells to the modes 0..N/2
    real_backward  ///< modes 0..N/2 to real cells, imaginary parts of own-conjugate modes ignored; destroys its input
  };
  struct Geometry {
    Shape cells;  ///< extents of the box, in cells on the transformed axis
    std::size_t axis;
    Shape in_strides, out_strides;  ///< in elements of input and output; ignored on axes of extent 1
    bool in_place;
  };

  static bool available();
  /// Arrays given later must be aligned to 16 bytes. Throws FftError in a build without FFTW.
  BoxFft(Kind kind, const Geometry& geometry, FftPlanning planning);
  BoxFft(BoxFft&&) noexcept;
  BoxFft& operator=(BoxFft&&) noexcept;
  ~BoxFft();

  void apply(const std::complex<T>* in, std::complex<T>* out) const;
  void apply(const T* in, std::complex<T>* out) const;
  void apply(std::complex<T>* in, T* out) const;

 private:
  struct Plan;
  std::unique_ptr<Plan> plan_;
};

}  // namespace tessera
