#include "models/engine/slab.hpp"

#include <algorithm>

namespace tessera::engine {

namespace {

Range joined(const Range& first, const Range& last) { return {first.start, last.start + last.extent - first.start}; }

}  // namespace

template <RealScalar T>
void Slab<T>::select(Index sample, Index first, Index count) {
  first_ = first;
  planes_ = tiling_.split() == Tiling::Split::none ? count : 1;
  z_ = joined(tiling_.z_of_plane(first), tiling_.z_of_plane(first + count - 1));
  t_ = steps_ > 0 ? Range{0, steps_} : joined(tiling_.t_of_plane(first), tiling_.t_of_plane(first + count - 1));

  const std::size_t axes = part_.start.size();
  box_ = part_;
  box_.start[0] += sample;
  box_.extent[0] = 1;
  box_.start[1] = 0;
  box_.extent[1] = channels_;
  box_.start[axes - 1] = steps_ > 0 ? 0 : part_.start[axes - 1] + t_.start;
  box_.extent[axes - 1] = t_.extent;
  if (axes >= 4) {
    box_.start[axes - 2] += z_.start;
    box_.extent[axes - 2] = z_.extent;
  }
  if (axes >= 5) {
    box_.start[2] += first;
    box_.extent[2] = count;
  }
  values_.require(box_.volume());
}

template <RealScalar T>
void Slab<T>::set_zero() {
  std::fill_n(values_.data(), box_.volume(), T{0});
}

/// visit(index in the slab, index in the tile)
template <RealScalar T>
template <class Visit>
void Slab<T>::for_each_value(const Tiling::Tile& tile, Visit&& visit) const {
  const Index steps = steps_ > 0 ? steps_ : tile.t.extent;
  const Index first_step = steps_ > 0 ? 0 : tile.t.start - t_.start;
  const Index plane = planes_ == 1 ? 0 : tile.x - first_;
  Index to = 0;
  for (Index c = 0; c < channels_; ++c) {
    const Index row = ((c * planes_ + plane) * tiling_.rows() + tile.y) * z_.extent + tile.z.start - z_.start;
    for (Index t = 0; t < steps; ++t) {
      const Index from = row * t_.extent + first_step + t;
      for (Index z = 0; z < tile.z.extent; ++z) visit(from + z * t_.extent, to++);
    }
  }
}

template <RealScalar T>
void Slab<T>::get(const Tiling::Tile& tile, T* values) const {
  const T* slab = values_.data();
  for_each_value(tile, [=](Index in_slab, Index in_tile) { values[in_tile] = slab[in_slab]; });
}

template <RealScalar T>
void Slab<T>::put(const Tiling::Tile& tile, const T* values) {
  T* slab = values_.data();
  for_each_value(tile, [=](Index in_slab, Index in_tile) { slab[in_slab] = values[in_tile]; });
}

template <RealScalar T>
void Slab<T>::add(const Tiling::Tile& tile, const T* values) {
  T* slab = values_.data();
  for_each_value(tile, [=](Index in_slab, Index in_tile) { slab[in_slab] += values[in_tile]; });
}

template class Slab<float>;
template class Slab<double>;

}  // namespace tessera::engine
