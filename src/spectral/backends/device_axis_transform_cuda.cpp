#include "kernels/line_transforms.hpp"
#include "spectral/backends/device_axis_transform.hpp"
#include "spectral/backends/device_line_fft.hpp"
#include "spectral/backends/measured_transform.hpp"
#include "spectral/fourier_coefficients.hpp"
#include "tessera/core/storage.hpp"

namespace tessera {

namespace {

/// Products with the retained rows of the Fourier matrix.
template <RealScalar T>
class DeviceFourierMatrix final : public AxisTransform<T> {
 public:
  using Complex = std::complex<T>;

  DeviceFourierMatrix(const FourierLine& line, const Device& device)
      : device_(device),
        cells_(line.slab.extent),
        modes_(static_cast<Index>(line.frequencies.size())),
        unit_(matrix(line, ModeScaling::unit)),
        inverse_(matrix(line, ModeScaling::inverse)) {}

  void analyse(ModeScaling scaling, Index outer, Index inner, const T* x, Complex* modes) const override {
    kernels::analyse_lines(device_.stream(), {outer, cells_, modes_, inner}, rows(scaling), x, modes);
  }
  void analyse(ModeScaling scaling, Index outer, Index inner, const Complex* x, Complex* modes) const override {
    kernels::analyse_lines(device_.stream(), {outer, cells_, modes_, inner}, rows(scaling), x, modes);
  }
  void synthesise(ModeScaling scaling, Index outer, Index inner, const Complex* modes, T* x) const override {
    kernels::synthesise_lines(device_.stream(), {outer, cells_, modes_, inner}, rows(scaling), modes, x);
  }
  void synthesise(ModeScaling scaling, Index outer, Index inner, const Complex* modes, Complex* x) const override {
    kernels::synthesise_lines(device_.stream(), {outer, cells_, modes_, inner}, rows(scaling), modes, x);
  }

 private:
  /// [modes, cells]: s_k exp(-2 pi i f_k n / N)
  Storage<Complex> matrix(const FourierLine& line, ModeScaling scaling) const {
    const FourierCoefficients coefficients = fourier_coefficients(line, scaling);
    std::vector<Complex> entries(coefficients.cosine.size());
    for (std::size_t i = 0; i < entries.size(); ++i) {
      entries[i] = {static_cast<T>(coefficients.cosine[i]), static_cast<T>(-coefficients.sine[i])};
    }
    Storage<Complex> result(device_, static_cast<Index>(entries.size()));
    copy_values<Complex>(device_, result.size(), entries.data(), result.data());
    return result;
  }

  const Complex* rows(ModeScaling scaling) const {
    return scaling == ModeScaling::unit ? unit_.data() : inverse_.data();
  }

  Device device_;
  Index cells_, modes_;
  Storage<Complex> unit_, inverse_;
};

/// Up to here a product is bound by memory, which it reads and writes once: no FFT does with less.
constexpr Index kMemoryBoundModes = 16;

}  // namespace

template <RealScalar T>
std::unique_ptr<const AxisTransform<T>> make_device_axis_transform(const FourierLine& line, TransformEngine engine,
                                                                   const Device& device) {
  if (engine == TransformEngine::fft) return std::make_unique<DeviceLineFft<T>>(line, device);
  auto matrix = std::make_unique<DeviceFourierMatrix<T>>(line, device);
  const auto kept = static_cast<Index>(line.frequencies.size());
  const bool slab = line.slab.extent != line.length;
  if (engine == TransformEngine::matrix || slab || kept <= kMemoryBoundModes) return matrix;
  return std::make_unique<MeasuredTransform<T>>(line, device, std::move(matrix),
                                                std::make_unique<DeviceLineFft<T>>(line, device));
}

template std::unique_ptr<const AxisTransform<float>> make_device_axis_transform(const FourierLine&, TransformEngine,
                                                                                const Device&);
template std::unique_ptr<const AxisTransform<double>> make_device_axis_transform(const FourierLine&, TransformEngine,
                                                                                 const Device&);

}  // namespace tessera
