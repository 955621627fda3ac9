#include "models/engine/tile_network.hpp"

#include <algorithm>

#include "kernels/activation.hpp"
#include "kernels/elementwise.hpp"
#include "kernels/products.hpp"

namespace tessera::engine {

namespace {

/// Columns of the hidden layer computed together: value, slope and gradient of 128 channels stay in the second-level
/// cache.
constexpr Index kColumns = 192;

/// sums[row] += sum of the row
template <class T>
void add_row_sums(Index rows, Index count, const T* values, Index row_distance, double* sums) {
  for (Index row = 0; row < rows; ++row) sums[row] += kernels::sum(count, values + row * row_distance);
}

}  // namespace

template <RealScalar T>
Index TileNetwork<T>::input_size(const Tiling::Tile& tile) const {
  return config_.in_channels * (config_.in_steps > 0 ? config_.in_steps : tile.t.extent) * tile.z.extent;
}

template <RealScalar T>
const T* TileNetwork<T>::lift_time(const Tiling::Tile& tile, const T* x, Work& work) const {
  const Index steps = config_.in_steps;
  if (steps == 0) return x;
  const Index nt = tile.t.extent, nz = tile.z.extent, row = first_step_ + tile.t.start;
  work.time.require(config_.in_channels * tile.cells());
  kernels::multiply<T>({nt, nz, steps, weights_.lift_time_weight + row * steps, steps, 1, x, nz, work.time.data(), nz,
                        weights_.lift_time_bias + row, 1, 0, config_.in_channels, steps * nz, nt * nz});
  return work.time.data();
}

template <RealScalar T>
void TileNetwork<T>::lift(const Tiling::Tile& tile, const T* x, bool keep_slopes, kernels::Prefetch soon, Work& work,
                          T* v) const {
  const Index cells = tile.cells(), in = config_.in_channels, width = config_.width;
  if (!has_lift_) {
    std::copy_n(x, width * cells, v);
    return;
  }
  const auto activate = [keep_slopes](Index count, T* values, Buffer<T>& slopes, kernels::Prefetch arrays) {
    if (!keep_slopes) {
      kernels::gelu(count, values, values, arrays);
      return;
    }
    slopes.require(count);
    kernels::gelu_with_derivative(count, values, values, slopes.data(), arrays);
  };
  const T* h = lift_time(tile, x, work);
  if (config_.in_steps > 0) activate(in * cells, work.time.data(), work.time_slope, {});
  kernels::multiply<T>(
      {width, cells, in, weights_.lift_channel_weight, in, 1, h, cells, v, cells, weights_.lift_channel_bias, 1, 0});
  activate(width * cells, v, work.channel_slope, soon);
}

template <RealScalar T>
void TileNetwork<T>::lift_backward(const Tiling::Tile& tile, const T* x, T* gv, Work& work, GradientSums& sums,
                                   T* gx) const {
  const Index cells = tile.cells(), in = config_.in_channels, width = config_.width;
  if (!has_lift_) {
    if (gx != nullptr) std::copy_n(gv, width * cells, gx);
    return;
  }
  const bool has_time = config_.in_steps > 0;
  const T* h = has_time ? work.time.data() : x;
  kernels::multiply_elements(width * cells, work.channel_slope.data(), gv);
  kernels::add_dot_products(width, in, cells, gv, cells, h, cells, sums.lift_channel_weight());
  add_row_sums(width, cells, gv, cells, sums.lift_channel_bias());
  if (!has_time && gx == nullptr) return;
  work.gradient.require(in * cells);
  T* gh = has_time ? work.gradient.data() : gx;
  kernels::multiply<T>({in, cells, width, weights_.lift_channel_weight, 1, in, gv, cells, gh, cells});
  if (!has_time) return;
  kernels::multiply_elements(in * cells, work.time_slope.data(), gh);
  lift_time_backward(tile, x, gh, sums, gx);
}

template <RealScalar T>
void TileNetwork<T>::lift_time_backward(const Tiling::Tile& tile, const T* x, const T* gs, GradientSums& sums,
                                        T* gx) const {
  const Index nt = tile.t.extent, nz = tile.z.extent, row = first_step_ + tile.t.start, steps = config_.in_steps;
  for (Index c = 0; c < config_.in_channels; ++c) {
    const T* gs_c = gs + c * nt * nz;
    add_row_sums(nt, nz, gs_c, nz, sums.lift_time_bias() + row);
    kernels::add_dot_products(nt, steps, nz, gs_c, nz, x + c * steps * nz, nz, sums.lift_time_weight() + row * steps);
  }
  if (gx == nullptr) return;
  kernels::multiply<T>({steps, nz, nt, weights_.lift_time_weight + row * steps, 1, steps, gs, nz, gx, nz, nullptr, 0, 0,
                        config_.in_channels, nt * nz, steps * nz});
}

template <RealScalar T>
void TileNetwork<T>::add_pointwise(Index block, const Tiling::Tile& tile, const T* v, T* z) const {
  const Index cells = tile.cells(), width = config_.width;
  kernels::multiply<T>({width, cells, width, weights_.pointwise[static_cast<std::size_t>(block)], width, 1, v, cells, z,
                        cells, z, cells, 1});
}

template <RealScalar T>
void TileNetwork<T>::add_pointwise_adjoint(Index block, const double* factor, const Tiling::Tile& tile, const T* gz,
                                           Work& work, T* gv) const {
  const Index cells = tile.cells(), width = config_.width;
  const T* weight = weights_.pointwise[static_cast<std::size_t>(block)];
  const T* a = weight;
  if (factor != nullptr) {
    work.scaled_weight.require(width * width);
    for (Index i = 0; i < width * width; ++i) {
      work.scaled_weight.data()[i] = static_cast<T>(*factor * static_cast<double>(weight[i]));
    }
    a = work.scaled_weight.data();
  }
  kernels::multiply<T>({width, cells, width, a, 1, width, gz, cells, gv, cells, gv, cells, 1});
}

template <RealScalar T>
void TileNetwork<T>::hidden_layer(const Tiling::Tile& tile, const T* v, Index first, Index count, T* h) const {
  kernels::multiply<T>({config_.hidden, count, config_.width, weights_.project1_weight, config_.width, 1, v + first,
                        tile.cells(), h, count, weights_.project1_bias, 1, 0});
}

template <RealScalar T>
void TileNetwork<T>::project2(Index count, const T* h, Index y_row, T* y) const {
  kernels::multiply<T>({config_.out_channels, count, config_.hidden, weights_.project2_weight, config_.hidden, 1, h,
                        count, y, y_row, weights_.project2_bias, 1, 0});
}

template <RealScalar T>
void TileNetwork<T>::project(const Tiling::Tile& tile, const T* v, Work& work, T* y) const {
  if (!has_projection_) {
    std::copy_n(v, config_.width * tile.cells(), y);
    return;
  }
  work.hidden.require(config_.hidden * kColumns);
  for (Index first = 0; first < tile.cells(); first += kColumns) {
    const Index count = std::min(kColumns, tile.cells() - first);
    hidden_layer(tile, v, first, count, work.hidden.data());
    kernels::gelu(config_.hidden * count, work.hidden.data(), work.hidden.data());
    project2(count, work.hidden.data(), tile.cells(), y + first);
  }
}

template <RealScalar T>
void TileNetwork<T>::output_gradient(const Tiling::Tile& tile, const OutputGradient& gradient, Index first, Index count,
                                     const T* y, T* gy) const {
  for (Index c = 0; c < config_.out_channels; ++c) {
    const T* field = gradient.field + c * tile.cells() + first;
    for (Index i = 0; i < count; ++i) {
      gy[c * count + i] = gradient.given ? field[i] : gradient.factor * (y[c * count + i] - field[i]);
    }
    if (gradient.norms == nullptr || gradient.given) continue;
    gradient.norms->error += kernels::real_dot(count, gy + c * count, gy + c * count);
    gradient.norms->target += kernels::real_dot(count, field, field);
  }
}

template <RealScalar T>
void TileNetwork<T>::project_backward(const Tiling::Tile& tile, const T* v, const OutputGradient& gradient, Work& work,
                                      GradientSums* sums, T* gv) const {
  if (!has_projection_) {
    output_gradient(tile, gradient, 0, tile.cells(), v, gv);
    return;
  }
  const Index hidden = config_.hidden, out = config_.out_channels, width = config_.width;
  for (Buffer<T>* buffer : {&work.hidden, &work.hidden_gradient}) buffer->require(hidden * kColumns);
  for (Buffer<T>* buffer : {&work.output, &work.output_gradient}) buffer->require(out * kColumns);
  T *h = work.hidden.data(), *gh = work.hidden_gradient.data();
  T* gy = work.output_gradient.data();
  for (Index first = 0; first < tile.cells(); first += kColumns) {
    const Index count = std::min(kColumns, tile.cells() - first);
    hidden_layer(tile, v, first, count, h);
    // The slopes are turned into the gradient in place.
    kernels::gelu_with_derivative(hidden * count, h, h, gh);
    project2(count, h, count, work.output.data());
    output_gradient(tile, gradient, first, count, work.output.data(), gy);
    kernels::activated_gradient(hidden, out, count, weights_.project2_weight, gy, gh,
                                sums != nullptr ? sums->project1_bias() : nullptr);
    if (sums != nullptr) {
      kernels::add_dot_products(out, hidden, count, gy, count, h, count, sums->project2_weight());
      add_row_sums(out, count, gy, count, sums->project2_bias());
      kernels::add_dot_products(hidden, width, count, gh, count, v + first, tile.cells(), sums->project1_weight());
    }
    kernels::multiply<T>(
        {width, count, hidden, weights_.project1_weight, 1, width, gh, count, gv + first, tile.cells()});
  }
}

template class TileNetwork<float>;
template class TileNetwork<double>;

}  // namespace tessera::engine
