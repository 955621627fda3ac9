#include "spectral/backends/device_line_fft.hpp"

#include <cstdint>
#include <type_traits>
#include <vector>

#include "kernels/copy.hpp"

namespace tessera {

namespace {

template <class T>
inline constexpr cufftType kComplexType = std::is_same_v<T, float> ? CUFFT_C2C : CUFFT_Z2Z;
template <class T>
inline constexpr cufftType kToSpectrum = std::is_same_v<T, float> ? CUFFT_R2C : CUFFT_D2Z;
template <class T>
inline constexpr cufftType kFromSpectrum = std::is_same_v<T, float> ? CUFFT_C2R : CUFFT_Z2D;

/// Whether real lines can be given to cuFFT as they are.
template <class T>
bool one_after_another(Index inner, const T* x) {
  return inner == 1 && reinterpret_cast<std::uintptr_t>(x) % (2 * sizeof(T)) == 0;
}

}  // namespace

template <RealScalar T>
DeviceLineFft<T>::DeviceLineFft(const FourierLine& line, const Device& device)
    : device_(device),
      length_(line.length),
      modes_(static_cast<Index>(line.frequencies.size())),
      unit_{make_tables(line, ModeScaling::unit, false), make_tables(line, ModeScaling::unit, true)},
      inverse_{make_tables(line, ModeScaling::inverse, false), make_tables(line, ModeScaling::inverse, true)} {}

template <RealScalar T>
typename DeviceLineFft<T>::Tables DeviceLineFft<T>::make_tables(const FourierLine& line, ModeScaling scaling,
                                                                bool half) const {
  std::vector<kernels::RowCombination<T>> modes(line.frequencies.size());
  std::vector<kernels::RowCombination<T>> rows(static_cast<std::size_t>(half ? length_ / 2 + 1 : length_));
  for (std::size_t k = 0; k < modes.size(); ++k) {
    const auto scale = static_cast<T>(scaling == ModeScaling::unit ? 1.0 : line.inverse_weights[k]);
    const Index frequency = line.frequencies[k];
    const bool mirrored = half && frequency > length_ / 2;
    const Index row = mirrored ? length_ - frequency : frequency;
    const auto mode_number = static_cast<std::int32_t>(k), row_number = static_cast<std::int32_t>(row);
    kernels::RowCombination<T>& spectrum_row = rows[static_cast<std::size_t>(row)];
    // Re(c e^{it}) = (c e^{it} + conj(c) e^{-it}) / 2, and a half spectrum stands for both halves.
    const T part = half ? scale / 2 : scale;
    const bool own_conjugate = half && (row == 0 || 2 * row == length_);
    if (mirrored) {
      modes[k].conjugate_row = row_number;
      modes[k].conjugate_factor = scale;
    } else {
      modes[k].row = row_number;
      modes[k].factor = scale;
      spectrum_row.row = mode_number;
      spectrum_row.factor = part;
    }
    if (mirrored || own_conjugate) {
      spectrum_row.conjugate_row = mode_number;
      spectrum_row.conjugate_factor = part;
    }
  }
  const auto to_device = [&](const auto& combinations) {
    Combinations result(device_, static_cast<Index>(combinations.size()));
    copy_values<kernels::RowCombination<T>>(device_, result.size(), combinations.data(), result.data());
    return result;
  };
  return {to_device(modes), to_device(rows)};
}

template <RealScalar T>
const CufftPlan& DeviceLineFft<T>::plan(cufftType type, Index outer, Index inner) const {
  const auto key = std::make_tuple(type, outer, inner);
  const auto found = plans_.find(key);
  if (found != plans_.end()) return found->second;
  const LineRuns all = line_runs(length_, outer, inner);
  LineLayout input = all.layout, output = all.layout;
  if (type == kToSpectrum<T>) output.distance = length_ / 2 + 1;
  if (type == kFromSpectrum<T>) input.distance = length_ / 2 + 1;
  return plans_.emplace(key, CufftPlan(type, {length_}, all.lines, input, output)).first->second;
}

template <RealScalar T>
void DeviceLineFft<T>::transform(Index outer, Index inner, int direction, const Complex* from, Complex* to) const {
  const LineRuns all = line_runs(length_, outer, inner);
  plan(kComplexType<T>, outer, inner).run(device_.stream(), from, to, direction, all.count, all.step);
}

template <RealScalar T>
void DeviceLineFft<T>::analyse(ModeScaling scaling, Index outer, Index inner, const Complex* x, Complex* modes) const {
  if (outer * inner == 0) return;
  const Stream& stream = device_.stream();
  DeviceBuffer<Complex> spectrum(stream, outer * length_ * inner);
  transform(outer, inner, CUFFT_FORWARD, x, spectrum.data());
  kernels::combine_rows(stream, outer, length_, modes_, inner, spectra(scaling).full.modes.data(), spectrum.data(),
                        modes);
}

template <RealScalar T>
void DeviceLineFft<T>::synthesise(ModeScaling scaling, Index outer, Index inner, const Complex* modes,
                                  Complex* x) const {
  if (outer * inner == 0) return;
  const Stream& stream = device_.stream();
  DeviceBuffer<Complex> spectrum(stream, outer * length_ * inner);
  kernels::combine_rows(stream, outer, modes_, length_, inner, spectra(scaling).full.spectrum.data(), modes,
                        spectrum.data());
  transform(outer, inner, CUFFT_INVERSE, spectrum.data(), x);
}

template <RealScalar T>
void DeviceLineFft<T>::analyse(ModeScaling scaling, Index outer, Index inner, const T* x, Complex* modes) const {
  const Index count = outer * length_ * inner;
  if (count == 0) return;
  const Stream& stream = device_.stream();
  if (!one_after_another(inner, x)) {
    DeviceBuffer<Complex> wide(stream, count);
    kernels::set_zero(stream, count, wide.data());
    kernels::copy_box<T>(stream, {count}, x, {1}, reinterpret_cast<T*>(wide.data()), {2});
    analyse(scaling, outer, inner, wide.data(), modes);
    return;
  }
  const Index rows = length_ / 2 + 1;
  DeviceBuffer<Complex> spectrum(stream, outer * rows);
  plan(kToSpectrum<T>, outer, 1).run(stream, x, spectrum.data());
  kernels::combine_rows(stream, outer, rows, modes_, 1, spectra(scaling).half.modes.data(), spectrum.data(), modes);
}

template <RealScalar T>
void DeviceLineFft<T>::synthesise(ModeScaling scaling, Index outer, Index inner, const Complex* modes, T* x) const {
  const Index count = outer * length_ * inner;
  if (count == 0) return;
  const Stream& stream = device_.stream();
  if (!one_after_another(inner, x)) {
    DeviceBuffer<Complex> wide(stream, count);
    synthesise(scaling, outer, inner, modes, wide.data());
    kernels::copy_box<T>(stream, {count}, reinterpret_cast<const T*>(wide.data()), {2}, x, {1});
    return;
  }
  const Index rows = length_ / 2 + 1;
  DeviceBuffer<Complex> spectrum(stream, outer * rows);
  kernels::combine_rows(stream, outer, modes_, rows, 1, spectra(scaling).half.spectrum.data(), modes, spectrum.data());
  plan(kFromSpectrum<T>, outer, 1).run(stream, spectrum.data(), x);
}

template class DeviceLineFft<float>;
template class DeviceLineFft<double>;

}  // namespace tessera
