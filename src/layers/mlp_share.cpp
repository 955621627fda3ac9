#include "layers/mlp_share.hpp"

#include <Eigen/Core>
#include <algorithm>

#include "core/run_on.hpp"
#include "kernels/activation.hpp"
#include "kernels/products.hpp"
#include "tessera/core/storage.hpp"

namespace tessera {

namespace {

/// Grid points per tile: 128 hidden channels of 256 floats are 128 KiB.
constexpr Index kTilePoints = 256;

template <class T>
using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
template <class T>
using Rows = Eigen::Map<const Matrix<T>, Eigen::Unaligned, Eigen::OuterStride<>>;

template <class T>
Matrix<T> transposed(const T* matrix, Index rows, Index columns) {
  return Rows<T>(matrix, rows, columns, Eigen::OuterStride<>(columns)).transpose();
}

/// sums[r] += sum of row r of `values`, whose rows are `stride` apart.
template <class T>
void add_row_sums(Index rows, Index count, const T* values, Index stride, T* sums) {
  Eigen::Map<Eigen::Vector<T, Eigen::Dynamic>>(sums, rows) +=
      Rows<T>(values, rows, count, Eigen::OuterStride<>(stride)).rowwise().sum();
}

}  // namespace

template <RealScalar T>
template <class Body>
void MlpShare<T>::for_each_tile(Body&& body) const {
  for (Index b = 0; b < batch; ++b) {
    for (Index first = 0; first < points; first += kTilePoints) body(b, first, std::min(kTilePoints, points - first));
  }
}

/// h = W1 x + b1 for `count` points, x rows `points` apart; h is [hidden, count].
template <RealScalar T>
void MlpShare<T>::hidden_layer(const T* x, Index count, T* h) const {
  for (Index row = 0; row < hidden; ++row) std::fill_n(h + row * count, count, bias1[row]);
  kernels::multiply(hidden, count, in, weight1, in, x, points, h, count, true);
}

template <RealScalar T>
void MlpShare<T>::forward_tiles(const T* x, T* y) const {
  Buffer<T> h(hidden * kTilePoints);
  for_each_tile([&](Index b, Index first, Index count) {
    hidden_layer(x + b * in * points + first, count, h.data());
    kernels::gelu(hidden * count, h.data(), h.data());
    T* target = y + b * out * points + first;
    for (Index row = 0; row < out; ++row) std::fill_n(target + row * points, count, bias2 ? bias2[row] : T{0});
    kernels::multiply(out, count, hidden, weight2, hidden, h.data(), count, target, points, true);
  });
}

template <RealScalar T>
void MlpShare<T>::backward_tiles(const T* x, const T* gy, const Gradients& gradients) const {
  Buffer<T> h(hidden * kTilePoints), activated(hidden * kTilePoints), gh(hidden * kTilePoints);
  const Matrix<T> weight1_t = transposed(weight1, hidden, in);
  const Matrix<T> weight2_t = transposed(weight2, out, hidden);
  for_each_tile([&](Index b, Index first, Index count) {
    const T* x_tile = x + b * in * points + first;
    const T* gy_tile = gy + b * out * points + first;
    hidden_layer(x_tile, count, h.data());
    kernels::gelu(hidden * count, h.data(), activated.data());
    kernels::multiply_transposed(out, hidden, count, gy_tile, points, activated.data(), count, gradients.weight2,
                                 hidden);
    add_row_sums(out, count, gy_tile, points, gradients.bias2);
    kernels::multiply(hidden, count, out, weight2_t.data(), out, gy_tile, points, gh.data(), count, false);
    kernels::gelu_backward(hidden * count, h.data(), gh.data(), gh.data());
    kernels::multiply_transposed(hidden, in, count, gh.data(), count, x_tile, points, gradients.weight1, in);
    add_row_sums(hidden, count, gh.data(), count, gradients.bias1);
    if (gradients.x == nullptr) return;
    kernels::multiply(in, count, hidden, weight1_t.data(), hidden, gh.data(), count,
                      gradients.x + b * in * points + first, points, false);
  });
}

template <RealScalar T>
void MlpShare<T>::forward(const Device& device, const T* x, T* y) const {
  if (!device.is_cuda()) return forward_tiles(x, y);
  run_on(device, [&](const auto&... stream) {
    Storage<T> h(device, batch * hidden * points);
    kernels::apply_along_axis<T>(stream..., batch, hidden, in, points, weight1, bias1, x, h.data());
    kernels::gelu(stream..., h.size(), h.data(), h.data());
    kernels::apply_along_axis<T>(stream..., batch, out, hidden, points, weight2, bias2, h.data(), y);
  });
}

template <RealScalar T>
void MlpShare<T>::backward(const Device& device, const T* x, const T* gy, const Gradients& gradients) const {
  if (!device.is_cuda()) return backward_tiles(x, gy, gradients);
  run_on(device, [&](const auto&... stream) {
    Storage<T> h(device, batch * hidden * points), other(device, h.size());
    kernels::apply_along_axis<T>(stream..., batch, hidden, in, points, weight1, bias1, x, h.data());
    kernels::gelu(stream..., h.size(), h.data(), other.data());
    kernels::accumulate_axis_gradient<T>(stream..., batch, out, hidden, points, other.data(), gy, gradients.weight2,
                                         gradients.bias2);
    kernels::apply_transposed_along_axis<T>(stream..., batch, out, hidden, points, weight2, gy, other.data());
    kernels::gelu_backward(stream..., h.size(), h.data(), other.data(), other.data());
    kernels::accumulate_axis_gradient<T>(stream..., batch, hidden, in, points, x, other.data(), gradients.weight1,
                                         gradients.bias1);
    if (gradients.x == nullptr) return;
    kernels::apply_transposed_along_axis<T>(stream..., batch, hidden, in, points, weight1, other.data(), gradients.x);
  });
}

template struct MlpShare<float>;
template struct MlpShare<double>;

}  // namespace tessera
