#include "simulation/flow_spectrum.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "simulation/grid_cells.hpp"

namespace tessera {

SpectralGrid dealiased_modes(const Shape& grid) {
  Shape modes;
  for (const Index cells : grid) modes.push_back((cells + 2) / 3);
  return SpectralGrid(grid, modes);
}

FlowSpectrum::FlowSpectrum(const SpectralGrid& modes, const std::array<double, 3>& lengths, const Box& box)
    : modes_(cells_of(box)) {
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto frequencies = modes.frequencies(axis);
    const Range range{box.start[axis + 2], box.extent[axis + 2]};
    for (Index k = range.start; k < range.start + range.extent; ++k) {
      const Index stored = frequencies[static_cast<std::size_t>(k)];
      const Index frequency = 2 * stored > modes.grid()[axis] ? stored - modes.grid()[axis] : stored;
      axes_[axis].wave_numbers.push_back(2.0 * std::numbers::pi * static_cast<double>(frequency) / lengths[axis]);
      axes_[axis].kept.push_back(std::abs(frequency) < modes.modes()[axis]);
    }
  }
}

template <class Body>
void FlowSpectrum::for_each_mode(Body&& body) const {
  Index mode = 0;
  for (std::size_t i = 0; i < axes_[0].kept.size(); ++i) {
    for (std::size_t j = 0; j < axes_[1].kept.size(); ++j) {
      for (std::size_t l = 0; l < axes_[2].kept.size(); ++l) body(mode++, i, j, l);
    }
  }
}

void FlowSpectrum::project(Spectrum& velocity) const {
  Complex* x = velocity.data();
  Complex* y = x + modes_;
  Complex* z = y + modes_;
  for_each_mode([&](Index mode, std::size_t i, std::size_t j, std::size_t l) {
    if (!(axes_[0].kept[i] && axes_[1].kept[j] && axes_[2].kept[l])) {
      x[mode] = y[mode] = z[mode] = 0.0;
      return;
    }
    const double kx = axes_[0].wave_numbers[i];
    const double ky = axes_[1].wave_numbers[j];
    const double kz = axes_[2].wave_numbers[l];
    const double square = kx * kx + ky * ky + kz * kz;
    if (square == 0.0) return;
    const Complex along = (kx * x[mode] + ky * y[mode] + kz * z[mode]) / square;
    x[mode] -= kx * along;
    y[mode] -= ky * along;
    z[mode] -= kz * along;
  });
}

void FlowSpectrum::velocity_and_vorticity(const Spectrum& velocity, Spectrum& fields) const {
  const Complex* x = velocity.data();
  const Complex* y = x + modes_;
  const Complex* z = y + modes_;
  std::copy_n(x, 3 * modes_, fields.data());
  Complex* curl = fields.data() + 3 * modes_;
  const auto times_i = [](const Complex& value) { return Complex(-value.imag(), value.real()); };
  for_each_mode([&](Index mode, std::size_t i, std::size_t j, std::size_t l) {
    const double kx = axes_[0].wave_numbers[i];
    const double ky = axes_[1].wave_numbers[j];
    const double kz = axes_[2].wave_numbers[l];
    curl[mode] = times_i(ky * z[mode] - kz * y[mode]);
    curl[modes_ + mode] = times_i(kz * x[mode] - kx * z[mode]);
    curl[2 * modes_ + mode] = times_i(kx * y[mode] - ky * x[mode]);
  });
}

void FlowSpectrum::advance(const Stage& stage, const Spectrum& rate, Spectrum& carried, Spectrum& velocity) const {
  const auto decay_x = axes_[0].decay(stage.viscous_time);
  const auto decay_y = axes_[1].decay(stage.viscous_time);
  const auto decay_z = axes_[2].decay(stage.viscous_time);
  for_each_mode([&](Index mode, std::size_t i, std::size_t j, std::size_t l) {
    const double decay = decay_x[i] * decay_y[j] * decay_z[l];
    for (Index p = mode; p < velocity.local_size(); p += modes_) {
      const Complex sum = stage.carry * carried.data()[p] + stage.dt * rate.data()[p];
      velocity.data()[p] = decay * (velocity.data()[p] + stage.weight * sum);
      carried.data()[p] = decay * sum;
    }
  });
}

double FlowSpectrum::max_divergence(const Spectrum& velocity) const {
  const Complex* x = velocity.data();
  double largest = 0.0;
  for_each_mode([&](Index mode, std::size_t i, std::size_t j, std::size_t l) {
    largest =
        std::max(largest, std::abs(axes_[0].wave_numbers[i] * x[mode] + axes_[1].wave_numbers[j] * x[modes_ + mode] +
                                   axes_[2].wave_numbers[l] * x[2 * modes_ + mode]));
  });
  return largest;
}

std::vector<double> FlowSpectrum::Axis::decay(double viscous_time) const {
  std::vector<double> factors;
  for (const double k : wave_numbers) factors.push_back(std::exp(-k * k * viscous_time));
  return factors;
}

}  // namespace tessera
