#include "models/engine/backends/slab_transform.hpp"

#include <algorithm>

#include "kernels/copy.hpp"
#include "models/engine/required_storage.hpp"
#include "models/engine/slab_memory.hpp"

namespace tessera::engine {

template <RealScalar T>
SlabTransform<T>::SlabTransform(const Device& device, Index channels, const Shape& extent,
                                const std::vector<std::optional<FourierLine>>& lines, Work& work)
    : device_(device), channels_(channels), last_cells_(extent.back()), work_(work) {
  const auto make = [&](const FourierLine& line) {
    return make_axis_transform<T>(line, TransformEngine::automatic, device);
  };
  const auto modes_of = [&](std::size_t axis) {
    return lines[axis] ? static_cast<Index>(lines[axis]->frequencies.size()) : extent[axis];
  };
  const std::size_t first = extent.size() > 1 ? 1 : 0;
  if (first == 1) {
    planes_ = extent[0];
    kx_ = modes_of(0);
    if (lines[0]) x_ = make(*lines[0]);
  }
  for (std::size_t axis = first; axis < extent.size(); ++axis) plane_cells_ *= extent[axis];
  Index before = plane_cells_, largest = 0;
  for (std::size_t axis = extent.size(); axis-- > first;) {
    before /= std::max<Index>(1, extent[axis]);
    if (lines[axis]) stages_.push_back({make(*lines[axis]), before, row_modes_});
    row_modes_ *= modes_of(axis);
    largest = std::max(largest, before * row_modes_);
  }
  slab_planes_ = engine::slab_planes(planes_, channels * plane_cells_ * static_cast<Index>(sizeof(T)));
  if (slab_planes_ < planes_) require(device, channels * slab_planes_ * row_modes_, work.slab);
  if (stages_.size() < 2) return;
  for (Storage<Complex>& stage : work.stages) require(device, channels * slab_planes_ * largest, stage);
}

template <RealScalar T>
auto SlabTransform<T>::rows_of(ModeScaling scaling, const T* modes, Storage<Complex>& rows) const -> const Complex* {
  const auto* from = reinterpret_cast<const Complex*>(modes);
  if (!x_) return from;
  const Index size = channels_ * planes_ * row_modes_;
  require(device_, size, rows);
  x_->synthesise(scaling, channels_, row_modes_, from, rows.data());
  return rows.data();
}

template <RealScalar T>
auto SlabTransform<T>::rows_for(T* modes, Storage<Complex>& rows) const -> Complex* {
  if (!x_) return reinterpret_cast<Complex*>(modes);
  const Index size = channels_ * planes_ * row_modes_;
  require(device_, size, rows);
  return rows.data();
}

template <RealScalar T>
void SlabTransform<T>::gather(ModeScaling scaling, const Complex* rows, T* modes) const {
  if (x_) x_->analyse(scaling, channels_, row_modes_, rows, reinterpret_cast<Complex*>(modes));
}

template <RealScalar T>
void SlabTransform<T>::synthesise(ModeScaling scaling, Index first, Index count, const Complex* rows, T* v) {
  const Index outer = channels_ * count;
  const Complex* from = rows;
  if (count < planes_) {
    const Index row = count * row_modes_;
    kernels::copy_box(device_.stream(), Shape{channels_, row}, rows + first * row_modes_,
                      Shape{planes_ * row_modes_, 1}, work_.slab.data(), Shape{row, 1});
    from = work_.slab.data();
  }
  for (std::size_t i = stages_.size(); i-- > 0;) {
    const Stage& stage = stages_[i];
    if (i == 0) {
      stage.transform->synthesise(scaling, outer * stage.before, stage.after, from, v);
      return;
    }
    stage.transform->synthesise(scaling, outer * stage.before, stage.after, from, between(i));
    from = between(i);
  }
  // Nothing but X is transformed here: the values are the real parts.
  kernels::copy_box(device_.stream(), Shape{outer * row_modes_}, reinterpret_cast<const T*>(from), Shape{2}, v,
                    Shape{1});
}

template <RealScalar T>
void SlabTransform<T>::analyse(ModeScaling scaling, Index first, Index count, const T* v, Complex* rows) {
  const Index outer = channels_ * count;
  Complex* slab = count < planes_ ? work_.slab.data() : rows;
  if (stages_.empty()) {
    T* parts = reinterpret_cast<T*>(slab);
    kernels::set_zero(device_.stream(), 2 * outer * row_modes_, parts);
    kernels::copy_box(device_.stream(), Shape{outer * row_modes_}, v, Shape{1}, parts, Shape{2});
  }
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    const Stage& stage = stages_[i];
    Complex* to = i + 1 == stages_.size() ? slab : between(i);
    if (i == 0) {
      stage.transform->analyse(scaling, outer * stage.before, stage.after, v, to);
    } else {
      stage.transform->analyse(scaling, outer * stage.before, stage.after, between(i - 1), to);
    }
  }
  if (slab != rows) copy_rows(first, count, slab, rows);
}

template <RealScalar T>
void SlabTransform<T>::copy_rows(Index first, Index count, const Complex* slab, Complex* rows) const {
  const Index row = count * row_modes_;
  kernels::copy_box(device_.stream(), Shape{channels_, row}, slab, Shape{row, 1}, rows + first * row_modes_,
                    Shape{planes_ * row_modes_, 1});
}

template class SlabTransform<float>;
template class SlabTransform<double>;

}  // namespace tessera::engine
