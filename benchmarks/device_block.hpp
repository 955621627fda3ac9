#pragma once

/// \file
/// One block of a Fourier neural operator on a device by this library's kernels, with its fields and weights.

#include <complex>
#include <memory>
#include <vector>

#include "harness.hpp"
#include "kernels/product_precision.hpp"
#include "tessera/core/storage.hpp"
#include "tessera/spectral/axis_transform.hpp"
#include "tessera/spectral/spectral_grid.hpp"

namespace tessera::bench {

using Complex = std::complex<float>;

/// `count` numbers between -1 and 1 that differ from one another.
template <class T>
Storage<T> some_values(const Device& device, Index count);

/// What a pass has to do: the bytes that must go to or come from device memory, and operations (a multiply-add is two).
struct Work {
  double bytes, operations;
};

/// Values are [width, grid...], spectra [width, kept...], spectral weights [width, width, kept...].
class DeviceBlock {
 public:
  DeviceBlock(const SpectralGrid& grid, Index width, TransformEngine engine, const Device& device);

  const SpectralGrid& grid() const noexcept { return grid_; }
  const Device& device() const noexcept { return device_; }
  Index width() const noexcept { return width_; }
  Index points() const noexcept { return volume(grid_.grid()); }
  Index modes() const noexcept { return volume(grid_.kept()); }

  /// The transform along one axis, of what the axes behind it have left, and back.
  void analyse(std::size_t axis);
  void synthesise(std::size_t axis);
  /// Of both alike; operations as of a product with the Fourier matrix.
  Work transform_work(std::size_t axis) const;

  /// s = irfftn(R . rfftn(v)), its two halves, and the product between them.
  void convolve();
  void forward_transform();
  void inverse_transform();
  void mix();
  /// activated = gelu(s + W v)
  void activate();

  Storage<float> v, s, activated;
  Storage<float> pointwise;          ///< W [width, width]
  Storage<Complex> spectral;         ///< R
  Storage<Complex> spectrum, mixed;  ///< of v, and R times it

 private:
  struct Axis {
    std::unique_ptr<const AxisTransform<float>> transform;
    Index outer, inner;
    Storage<Complex> modes;  ///< between this axis and the one before it
  };
  Complex* modes_of(std::size_t axis, Storage<Complex>& first);

  SpectralGrid grid_;
  Index width_;
  Device device_;
  std::vector<Axis> axes_;
};

}  // namespace tessera::bench
