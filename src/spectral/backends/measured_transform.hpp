#pragma once

#include <complex>
#include <memory>
#include <tuple>

#include "tessera/spectral/axis_transform.hpp"

namespace tessera {

/// Products with the Fourier matrix or FFTs on a device: both are timed when lines are transformed for the first time,
/// and the faster is taken from then on, in all of the process, for lines of that length, with that number of modes,
/// real or complex, in arrays of that shape. The first call waits for the device.
template <RealScalar T>
class MeasuredTransform final : public AxisTransform<T> {
 public:
  using Complex = std::complex<T>;
  using Engine = std::unique_ptr<const AxisTransform<T>>;

  MeasuredTransform(const FourierLine& line, const Device& device, Engine matrix, Engine fft);

  void analyse(ModeScaling scaling, Index outer, Index inner, const T* x, Complex* modes) const override;
  void analyse(ModeScaling scaling, Index outer, Index inner, const Complex* x, Complex* modes) const override;
  void synthesise(ModeScaling scaling, Index outer, Index inner, const Complex* modes, T* x) const override;
  void synthesise(ModeScaling scaling, Index outer, Index inner, const Complex* modes, Complex* x) const override;

 private:
  enum class Direction { analysis, synthesis };

  template <class Run>
  void run(Direction direction, bool real, Index outer, Index inner, const Run& run) const;
  template <class Run>
  bool fft_is_faster(const Run& run) const;
  template <class Run>
  double seconds(const AxisTransform<T>& engine, const Run& run) const;

  Device device_;
  Index length_, modes_;
  Engine matrix_, fft_;
};

}  // namespace tessera
