#include "tessera/spectral/axis_transform.hpp"

#include "spectral/backends/device_axis_transform.hpp"
#include "spectral/fourier_matrix.hpp"
#include "spectral/line_fft.hpp"
#include "tessera/core/error.hpp"

namespace tessera {

namespace {

/// Products win while few modes of a line are kept, and on short lines, where an FFT has nothing to save.
bool matrix_expected_faster(Index length, Index kept) { return length <= 16 || kept * 8 <= length * 3; }

}  // namespace

template <RealScalar T>
std::unique_ptr<const AxisTransform<T>> make_axis_transform(const typename AxisTransform<T>::Line& line,
                                                            TransformEngine engine, const Device& device) {
  const bool slab = line.slab.extent != line.length;
  if (engine == TransformEngine::fft && slab)
    throw FftError("make_axis_transform: an FFT needs whole lines, not a slab");
  if (device.is_cuda()) return make_device_axis_transform<T>(line, engine, device);
  if (engine == TransformEngine::automatic) {
    const Index kept = static_cast<Index>(line.frequencies.size());
    const bool matrix = slab || !FftLines<T>::available() || matrix_expected_faster(line.length, kept);
    engine = matrix ? TransformEngine::matrix : TransformEngine::fft;
  }
  if (engine == TransformEngine::matrix) return std::make_unique<FourierMatrix<T>>(line);
  return std::make_unique<LineFft<T>>(line);
}

#define TESSERA_INSTANTIATE(T)                                                                           \
  template std::unique_ptr<const AxisTransform<T>> make_axis_transform<T>(const AxisTransform<T>::Line&, \
                                                                          TransformEngine, const Device&);
TESSERA_INSTANTIATE(float)
TESSERA_INSTANTIATE(double)
#undef TESSERA_INSTANTIATE

}  // namespace tessera
