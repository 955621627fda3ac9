#include "device_block.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/mode_mixing.hpp"
#include "kernels/pointwise_block.hpp"

namespace tessera::bench {

template <class T>
Storage<T> some_values(const Device& device, Index count) {
  constexpr Index kSome = Index{1} << 20;
  std::vector<T> values(static_cast<std::size_t>(std::min(count, kSome)));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto angle = static_cast<float>(i);
    if constexpr (std::is_same_v<T, Complex>) {
      values[i] = {std::sin(angle), std::cos(1.7f * angle)};
    } else {
      values[i] = static_cast<T>(std::sin(angle));
    }
  }
  Storage<T> storage(device, count);
  for (Index first = 0; first < count; first += kSome) {
    copy_values(device, std::min(kSome, count - first), values.data(), storage.data() + first);
  }
  return storage;
}

template Storage<float> some_values(const Device&, Index);
template Storage<double> some_values(const Device&, Index);
template Storage<Complex> some_values(const Device&, Index);

DeviceBlock::DeviceBlock(const SpectralGrid& grid, Index width, TransformEngine engine, const Device& device)
    : v(some_values<float>(device, width * volume(grid.grid()))),
      s(some_values<float>(device, width * volume(grid.grid()))),
      activated(device, width * volume(grid.grid())),
      pointwise(some_values<float>(device, width * width)),
      spectral(some_values<Complex>(device, width * width * volume(grid.kept()))),
      spectrum(some_values<Complex>(device, width * volume(grid.kept()))),
      mixed(some_values<Complex>(device, width * volume(grid.kept()))),
      grid_(grid),
      width_(width),
      device_(device) {
  for (std::size_t axis = 0; axis < grid.rank(); ++axis) {
    const Index cells = grid.grid()[axis];
    FourierLine line{cells, Range{0, cells}, grid.frequencies(axis), grid.inverse_weights(axis)};
    Index outer = width, inner = 1;
    for (std::size_t i = 0; i < axis; ++i) outer *= grid.grid()[i];
    for (std::size_t i = axis + 1; i < grid.rank(); ++i) inner *= grid.kept()[i];
    const Index between = axis == 0 ? 0 : outer * grid.kept()[axis] * inner;
    axes_.push_back(
        {make_axis_transform<float>(line, engine, device), outer, inner, some_values<Complex>(device, between)});
  }
}

Complex* DeviceBlock::modes_of(std::size_t axis, Storage<Complex>& first) {
  return axis == 0 ? first.data() : axes_[axis].modes.data();
}

void DeviceBlock::analyse(std::size_t axis) {
  const Axis& a = axes_[axis];
  Complex* modes = modes_of(axis, spectrum);
  if (axis + 1 == grid_.rank()) {
    a.transform->analyse(ModeScaling::unit, a.outer, a.inner, std::as_const(v).data(), modes);
  } else {
    const Complex* cells = axes_[axis + 1].modes.data();
    a.transform->analyse(ModeScaling::unit, a.outer, a.inner, cells, modes);
  }
}

void DeviceBlock::synthesise(std::size_t axis) {
  const Axis& a = axes_[axis];
  const Complex* modes = modes_of(axis, mixed);
  if (axis + 1 == grid_.rank()) {
    a.transform->synthesise(ModeScaling::inverse, a.outer, a.inner, modes, s.data());
  } else {
    a.transform->synthesise(ModeScaling::inverse, a.outer, a.inner, modes, axes_[axis + 1].modes.data());
  }
}

Work DeviceBlock::transform_work(std::size_t axis) const {
  const bool real = axis + 1 == grid_.rank();
  const auto lines = static_cast<double>(axes_[axis].outer * axes_[axis].inner);
  const auto cells = static_cast<double>(grid_.grid()[axis]), modes = static_cast<double>(grid_.kept()[axis]);
  return {lines * (cells * (real ? 4 : 8) + modes * 8), lines * cells * modes * (real ? 4 : 8)};
}

void DeviceBlock::forward_transform() {
  for (std::size_t axis = grid_.rank(); axis-- > 0;) analyse(axis);
}

void DeviceBlock::inverse_transform() {
  for (std::size_t axis = 0; axis < grid_.rank(); ++axis) synthesise(axis);
}

void DeviceBlock::mix() {
  kernels::mix_modes(device_.stream(), {1, width_, width_, modes()}, std::as_const(spectrum).data(),
                     std::as_const(spectral).data(), mixed.data());
}

void DeviceBlock::convolve() {
  forward_transform();
  mix();
  inverse_transform();
}

void DeviceBlock::activate() {
  kernels::block_forward<float, float, float>(device_.stream(), width_, points(), pointwise.data(), {v.data()},
                                              s.data(), nullptr, activated.data());
}

}  // namespace tessera::bench
