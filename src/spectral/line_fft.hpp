#pragma once

#include <vector>

#include "spectral/backends/fft_lines.hpp"
#include "tessera/core/buffer.hpp"
#include "tessera/spectral/axis_transform.hpp"

namespace tessera {

/// The transform as FFTs of whole lines from which the retained modes are picked, a few columns at a time.
template <RealScalar T>
class LineFft final : public AxisTransform<T> {
 public:
  explicit LineFft(const typename AxisTransform<T>::Line& line);

  void analyse(ModeScaling scaling, Index outer, Index inner, const T* x, std::complex<T>* modes) const override;
  void analyse(ModeScaling scaling, Index outer, Index inner, const std::complex<T>* x,
               std::complex<T>* modes) const override;
  void synthesise(ModeScaling scaling, Index outer, Index inner, const std::complex<T>* modes, T* x) const override;
  void synthesise(ModeScaling scaling, Index outer, Index inner, const std::complex<T>* modes,
                  std::complex<T>* x) const override;

 private:
  T factor(ModeScaling scaling, Index k) const {
    return scaling == ModeScaling::unit ? T{1} : static_cast<T>(weights_[static_cast<std::size_t>(k)]);
  }

  Index length_;
  std::vector<Index> frequencies_;
  std::vector<double> weights_;
  FftLines<T> lines_;
  mutable Buffer<std::complex<T>> spectrum_;
  mutable Buffer<T> reals_;
};

}  // namespace tessera
