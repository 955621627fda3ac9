#pragma once

#include <vector>

#include "tessera/core/buffer.hpp"
#include "tessera/spectral/axis_transform.hpp"

namespace tessera {

/// The transform as products with small real matrices made from the retained rows of the Fourier matrix, so that one
/// kernel (broadcast a matrix entry against a contiguous run) serves every stage.
template <RealScalar T>
class FourierMatrix final : public AxisTransform<T> {
 public:
  explicit FourierMatrix(const typename AxisTransform<T>::Line& line);

  void analyse(ModeScaling scaling, Index outer, Index inner, const T* x, std::complex<T>* modes) const override;
  void analyse(ModeScaling scaling, Index outer, Index inner, const std::complex<T>* x,
               std::complex<T>* modes) const override;
  void synthesise(ModeScaling scaling, Index outer, Index inner, const std::complex<T>* modes, T* x) const override;
  void synthesise(ModeScaling scaling, Index outer, Index inner, const std::complex<T>* modes,
                  std::complex<T>* x) const override;

 private:
  /// The same coefficients laid out for each use; rows are outputs unless the name says otherwise.
  struct Matrices {
    Buffer<T> analysis;             ///< [2 K, S]: K rows of real parts, then K of imaginary parts
    Buffer<T> synthesis;            ///< [2 S, K]: S rows of real parts, then S of imaginary parts
    Buffer<T> synthesis_real;       ///< [S, 2 K]: (Re | -Im), for real output from split modes
    Buffer<T> line_analysis_real;   ///< [S, 2 K]: input-major with interleaved modes, for inner = 1
    Buffer<T> line_synthesis_real;  ///< [2 K, S]
    Buffer<T> line_analysis;        ///< [2 S, 2 K]
    Buffer<T> line_synthesis;       ///< [2 K, 2 S]
  };

  static Matrices make_matrices(const FourierLine& line, ModeScaling scaling);
  const Matrices& matrices(ModeScaling scaling) const { return scaling == ModeScaling::unit ? unit_ : inverse_; }
  /// out[a, r, c] = sum_j M[r, j] in[a, j, c] over complex numbers, M given as its real rows, then its imaginary rows.
  void complex_product(const T* matrix, Index rows, Index terms, Index outer, Index inner, const std::complex<T>* in,
                       std::complex<T>* out) const;

  Index cells_;
  Index modes_;
  Matrices unit_;
  Matrices inverse_;
  mutable Buffer<T> scratch_;
};

}  // namespace tessera
