#include "models/engine/sweep.hpp"

#include <algorithm>

#include "kernels/copy.hpp"
#include "tessera/core/threads.hpp"

namespace tessera::engine {

namespace {

using Lines = std::vector<std::optional<FourierLine>>;

Shape grid_extent(const Box& part) { return Shape(part.extent.begin() + 2, part.extent.end()); }

/// The line of the axis that plays the part of X (3), Y (2), Z (1) or T (0); none where the grid has no such axis.
std::optional<FourierLine> line_of(const Lines& lines, std::size_t from_last) {
  // With three axes the first is X, and Y is missing.
  const std::size_t axis = lines.size() == 3 && from_last >= 2 ? (from_last == 3 ? 2 : 3) : from_last;
  return axis < lines.size() ? lines[lines.size() - 1 - axis] : std::nullopt;
}

/// Values of input, target and output in a plane.
Index field_values(const Tiling& tiling, Index in_channels, Index in_steps, Index out_channels) {
  const Index steps = tiling.t_of_plane(0).extent;
  const Index input = in_channels * (in_steps > 0 ? in_steps : steps);
  return tiling.rows() * tiling.z_of_plane(0).extent * (input + 2 * out_channels * steps);
}

}  // namespace

template <RealScalar T>
Sweep<T>::Sweep(const Box& part, Index width, Index in_channels, Index in_steps, Index out_channels, const Lines& lines)
    : part_(part),
      width_(width),
      tiling_(grid_extent(part), width * static_cast<Index>(sizeof(T)), in_steps == 0),
      inner_(tiling_, width, line_of(lines, 1), line_of(lines, 0)),
      outer_(tiling_, inner_.mode_count() / 2, field_values(tiling_, in_channels, in_steps, out_channels),
             line_of(lines, 3), line_of(lines, 2)),
      input_(tiling_, part, in_channels, in_steps),
      target_(tiling_, part, out_channels, 0),
      output_(tiling_, part, out_channels, 0),
      input_gradient_(tiling_, part, in_channels, in_steps) {}

template <RealScalar T>
void Sweep<T>::run(const PassFields<T>& fields, const std::function<void(TileVisit<T>&)>& visit,
                   const std::function<void(double)>& after_group) {
  fields_ = fields;
  const bool empty = tiling_.cells() == 0;
  if (fields.result != nullptr && empty) kernels::set_zero(mode_count(), fields.result);
  if (empty) return;
  if (source_rows_.size() < fields.sources.size()) source_rows_.resize(fields.sources.size());
  for (std::size_t s = 0; s < fields.sources.size(); ++s) source_rows_[s].require(outer_.group_count());
  if (fields.result != nullptr) result_rows_.require(outer_.group_count());
  work_.resize(static_cast<std::size_t>(thread_count()));
  for (auto& work : work_) work.resize(std::max(work.size(), fields.sources.size() + 1));

  for (Index sample = 0; sample < samples(); ++sample) {
    for (Index first = 0; first < tiling_.planes(); first += outer_.group()) {
      const Index count = std::min(outer_.group(), tiling_.planes() - first);
      run_group(visit, sample, first, count);
      after_group(static_cast<double>(sample * tiling_.planes() + first + count) /
                  static_cast<double>(samples() * tiling_.planes()));
    }
  }
}

template <RealScalar T>
void Sweep<T>::run_group(const std::function<void(TileVisit<T>&)>& visit, Index sample, Index first, Index count) {
  for (Slab<T>* slab : {&input_, &target_, &output_, &input_gradient_}) slab->select(sample, first, count);
  if (fields_.input != nullptr) input_.read(*fields_.input);
  if (fields_.target != nullptr) target_.read(*fields_.target);
  if (fields_.input_gradient != nullptr) input_gradient_.set_zero();
  const Index offset = sample * outer_.mode_count();
  for (std::size_t s = 0; s < fields_.sources.size(); ++s) {
    const auto& source = fields_.sources[s];
    outer_.synthesise(source.scaling, first, count, source.modes + offset, scratch_, source_rows_[s].data());
  }
  parallel_for(count * tiling_.rows(), [&](Index row, int thread) {
    tiling_.for_each_tile(first + row / tiling_.rows(), row % tiling_.rows(), [&](const Tiling::Tile& tile) {
      TileVisit<T> at(tile, sample, thread, *this, row);
      visit(at);
    });
  });
  if (fields_.result != nullptr) {
    outer_.analyse(fields_.result_scaling, first, count, result_rows_.data(), scratch_, fields_.result + offset);
  }
  if (fields_.output != nullptr) output_.write(*fields_.output);
  if (fields_.input_gradient != nullptr) input_gradient_.write(*fields_.input_gradient);
}

/// visit(index of the real part in a mode buffer, distance to the imaginary part, index in the tensor)
template <RealScalar T>
template <class Visit>
void Sweep<T>::for_each_mode(Visit&& visit) const {
  const Index kx = outer_.kx(), ky = outer_.ky(), kt = inner_.kt(), kz = inner_.kz();
  const Index part = kx * ky * width_ * kt * kz;
  parallel_for(samples() * width_, [&](Index item, int) {
    const Index b = item / width_, c = item % width_;
    Index to = item * kx * ky * kt * kz;
    for (Index x = 0; x < kx; ++x) {
      for (Index y = 0; y < ky; ++y) {
        const Index from = b * 2 * part + ((x * ky + y) * width_ + c) * kt * kz;
        for (Index z = 0; z < kz; ++z) {
          for (Index t = 0; t < kt; ++t) visit(from + t * kz + z, part, to++);
        }
      }
    }
  });
}

template <RealScalar T>
void Sweep<T>::to_tensor(const T* modes, std::complex<T>* tensor) const {
  for_each_mode([=](Index from, Index part, Index to) { tensor[to] = {modes[from], modes[from + part]}; });
}

template <RealScalar T>
void Sweep<T>::from_tensor(const std::complex<T>* tensor, T* modes) const {
  for_each_mode([=](Index to, Index part, Index from) {
    modes[to] = tensor[from].real();
    modes[to + part] = tensor[from].imag();
  });
}

template <RealScalar T>
void TileVisit<T>::synthesise(std::size_t source, T* v) {
  auto& work = sweep_.work_[static_cast<std::size_t>(thread)][source];
  sweep_.inner_.synthesise(sweep_.fields_.sources[source].scaling, tile,
                           sweep_.row_of(sweep_.source_rows_[source], row_), work, v);
}

template <RealScalar T>
void TileVisit<T>::analyse(const T* v) {
  auto& work = sweep_.work_[static_cast<std::size_t>(thread)][sweep_.fields_.sources.size()];
  sweep_.inner_.analyse(sweep_.fields_.result_scaling, tile, v, work, sweep_.row_of(sweep_.result_rows_, row_));
}

template <RealScalar T>
void TileVisit<T>::get_input(T* x) const {
  sweep_.input_.get(tile, x);
}

template <RealScalar T>
void TileVisit<T>::get_target(T* y) const {
  sweep_.target_.get(tile, y);
}

template <RealScalar T>
void TileVisit<T>::put_output(const T* y) const {
  sweep_.output_.put(tile, y);
}

template <RealScalar T>
void TileVisit<T>::add_input_gradient(const T* gx) const {
  sweep_.input_gradient_.add(tile, gx);
}

template class TileVisit<float>;
template class TileVisit<double>;
template class Sweep<float>;
template class Sweep<double>;

}  // namespace tessera::engine
