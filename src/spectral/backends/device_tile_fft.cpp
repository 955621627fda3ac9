#include "spectral/backends/device_tile_fft.hpp"

#include <algorithm>
#include <type_traits>

#include "kernels/copy.hpp"
#include "spectral/distributed_fft_plan.hpp"
#include "tessera/core/device_buffer.hpp"

namespace tessera {

namespace {

/// Of one plan of cuFFT.
constexpr std::size_t kMostAxes = 3;
/// Lines that take more runs than this are gathered: two visits of the tile then cost less than starting the kernels.
constexpr Index kMostRuns = 8;

struct AxisGroup {
  std::size_t first, end;
};

/// Neighbouring axes, as many together as cuFFT takes, from the last on.
std::vector<AxisGroup> neighbours(std::vector<std::size_t> axes) {
  std::sort(axes.rbegin(), axes.rend());
  std::vector<AxisGroup> groups;
  for (const std::size_t axis : axes) {
    if (!groups.empty() && axis + 1 == groups.back().first && groups.back().end - axis <= kMostAxes) {
      groups.back().first = axis;
    } else {
      groups.push_back({axis, axis + 1});
    }
  }
  return groups;
}

Shape axes_of(const Shape& tile, std::size_t first, std::size_t end) {
  return {tile.begin() + static_cast<std::ptrdiff_t>(first), tile.begin() + static_cast<std::ptrdiff_t>(end)};
}

/// Those of `axes` before `end`.
std::vector<std::size_t> before(std::vector<std::size_t> axes, std::size_t end) {
  std::erase_if(axes, [end](std::size_t axis) { return axis >= end; });
  return axes;
}

}  // namespace

template <RealScalar T>
DeviceTileFft<T>::DeviceTileFft(const Shape& tile, const std::vector<std::size_t>& axes, const Device& device)
    : device_(device), tile_(tile), axes_(axes) {
  if (volume(tile) == 0) return;
  for (const AxisGroup& axis : neighbours(axes)) {
    const Shape extents = axes_of(tile, axis.first, axis.end);
    const Index outer = volume(axes_of(tile, 0, axis.first)), inner = volume(axes_of(tile, axis.end, tile.size()));
    const Index box = volume(extents);
    const bool gathered = std::min(outer, inner) > kMostRuns;
    const LineRuns runs = gathered ? line_runs(box, 1, outer * inner) : line_runs(box, outer, inner);
    const cufftType type = std::is_same_v<T, float> ? CUFFT_C2C : CUFFT_Z2Z;
    groups_.push_back(
        {outer, box, inner, gathered, runs, CufftPlan(type, extents, runs.lines, runs.layout, runs.layout)});
  }
}

template <RealScalar T>
void DeviceTileFft<T>::run(int direction, const Complex* x, Complex* y) const {
  const Complex* from = x;
  for (const Group& group : groups_) {
    run(group, direction, from, y);
    from = y;
  }
  if (from != y) kernels::copy_box<Complex>(device_.stream(), {volume(tile_)}, from, {1}, y, {1});
}

template <RealScalar T>
void DeviceTileFft<T>::run(const Group& group, int direction, const Complex* x, Complex* y) const {
  const Stream& stream = device_.stream();
  if (!group.gathered) {
    group.plan.run(stream, x, y, direction, group.runs.count, group.runs.step);
    return;
  }
  const Shape extent{group.outer, group.box, group.inner}, strides = row_major_strides(extent);
  const Shape gathered{group.inner, group.outer * group.inner, 1};
  DeviceBuffer<Complex> boxes(stream, volume(extent));
  kernels::copy_box<Complex>(stream, extent, x, strides, boxes.data(), gathered);
  group.plan.run(stream, static_cast<const Complex*>(boxes.data()), boxes.data(), direction);
  kernels::copy_box<Complex>(stream, extent, boxes.data(), gathered, y, strides);
}

template <RealScalar T>
DeviceRealTileFft<T>::DeviceRealTileFft(const Shape& cells, const std::vector<std::size_t>& axes, const Device& device)
    : device_(device),
      rows_(volume(axes_of(cells, 0, cells.size() - 1))),
      modes_(half_spectrum(cells).back()),
      after_(half_spectrum(cells), before(axes, neighbours(axes).front().first), device),
      before_(half_spectrum(cells), before(axes, cells.size() - 1), device) {
  if (volume(cells) == 0) return;
  const Shape box = axes_of(cells, neighbours(axes).front().first, cells.size());
  const Index boxes = volume(cells) / volume(box);
  const bool single = std::is_same_v<T, float>;
  reals_.emplace(single ? CUFFT_R2C : CUFFT_D2Z, box, boxes, LineLayout{1, volume(box)},
                 LineLayout{1, volume(half_spectrum(box))});
  lines_.emplace(single ? CUFFT_C2R : CUFFT_Z2D, Shape{cells.back()}, rows_, LineLayout{1, modes_},
                 LineLayout{1, cells.back()});
}

template <RealScalar T>
void DeviceRealTileFft<T>::forward(const T* x, Complex* y) const {
  if (!reals_) return;
  reals_->run(device_.stream(), x, y);
  after_.run(CUFFT_FORWARD, y, y);
}

template <RealScalar T>
void DeviceRealTileFft<T>::backward(const kernels::RowCombination<T>* modes, const Complex* y, T* x) const {
  if (!lines_) return;
  const Stream& stream = device_.stream();
  DeviceBuffer<Complex> lines(stream, 0);
  if (before_.transforms()) {
    lines = DeviceBuffer<Complex>(stream, rows_ * modes_);
    before_.run(CUFFT_INVERSE, y, lines.data());
    y = lines.data();
  }
  // The transform to reals may overwrite what it reads.
  DeviceBuffer<Complex> combined(stream, rows_ * modes_);
  kernels::combine_rows(stream, rows_, modes_, modes_, 1, modes, y, combined.data());
  lines_->run(stream, combined.data(), x);
}

template class DeviceTileFft<float>;
template class DeviceTileFft<double>;
template class DeviceRealTileFft<float>;
template class DeviceRealTileFft<double>;

}  // namespace tessera
