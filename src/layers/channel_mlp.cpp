#include "tessera/layers/channel_mlp.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>

#include "kernels/activation.hpp"
#include "kernels/products.hpp"

namespace tessera {

namespace {

/// Grid points per tile: 128 hidden channels of 256 floats are 128 KiB.
constexpr Index kTilePoints = 256;

Partition channel_cut(const Partition& partition, int axis) {
  std::vector<int> cuts(partition.grid().extents().size(), RankGrid::kReplicate);
  cuts[1] = axis;
  return partition.with_grid(RankGrid(partition.grid().extents(), cuts));
}

Partition without_channel_cut(const Partition& partition) {
  auto cuts = partition.grid().cuts();
  cuts[1] = RankGrid::kReplicate;
  return partition.with_grid(RankGrid(partition.grid().extents(), cuts));
}

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

/// One rank's share of the perceptron on its tile of grid points.
template <class T>
struct Share {
  Index batch, in, hidden, out, points;
  const T *weight1, *bias1, *weight2, *bias2;

  /// h = W1 x + b1 for `count` points from `first` on; h is [hidden, count].
  void hidden_layer(const T* x, Index count, T* h) const {
    for (Index row = 0; row < hidden; ++row) std::fill_n(h + row * count, count, bias1[row]);
    kernels::multiply(hidden, count, in, weight1, in, x, points, h, count, true);
  }

  void forward(const T* x, T* y) const {
    Buffer<T> h(hidden * kTilePoints);
    for_each_tile([&](Index b, Index first, Index count) {
      hidden_layer(x + b * in * points + first, count, h.data());
      kernels::gelu(hidden * count, h.data(), h.data());
      T* target = y + b * out * points + first;
      for (Index row = 0; row < out; ++row) std::fill_n(target + row * points, count, bias2 ? bias2[row] : T{0});
      kernels::multiply(out, count, hidden, weight2, hidden, h.data(), count, target, points, true);
    });
  }

  struct Gradients {
    T *x, *weight1, *bias1, *weight2, *bias2;
  };

  void backward(const T* x, const T* gy, const Gradients& gradients) const {
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

 private:
  template <class Body>
  void for_each_tile(Body&& body) const {
    for (Index b = 0; b < batch; ++b) {
      for (Index first = 0; first < points; first += kTilePoints) body(b, first, std::min(kTilePoints, points - first));
    }
  }
};

}  // namespace

template <RealScalar T>
ChannelMlp<T>::ChannelMlp(const std::string& first, const std::string& second, const Partition& partition, Index in,
                          Index hidden, Index out, std::uint64_t seed)
    : name_(first + " and " + second),
      partition_(partition),
      gathered_(without_channel_cut(partition)),
      in_(in),
      out_(out),
      weight1_(first + "/weight", {hidden, in}, channel_cut(partition, 0)),
      bias1_(first + "/bias", {hidden}, channel_cut(partition, 0)),
      weight2_(second + "/weight", {out, hidden}, channel_cut(partition, 1)),
      bias2_(second + "/bias", {out}, channel_cut(partition, RankGrid::kReplicate)) {
  weight1_.draw_normal(seed, 1.0 / std::sqrt(static_cast<double>(in)));
  bias1_.draw_normal(seed, kBiasDeviation);
  weight2_.draw_normal(seed, kGeluGain / std::sqrt(static_cast<double>(hidden)));
  bias2_.draw_normal(seed, kBiasDeviation);
}

template <RealScalar T>
auto ChannelMlp<T>::moves(const Shape& shape) -> const Moves& {
  Moves& entry = moves_[shape];
  if (!entry.gather) {
    Shape out_shape = shape;
    out_shape[1] = out_;
    entry.gather = std::make_shared<const Repartition<T>>(shape, partition_, gathered_, name_);
    // Shares of the output are summed as the adjoint of handing every rank the whole output.
    entry.sum = std::make_shared<const Adjoint<T>>(
        std::make_shared<const Repartition<T>>(out_shape, partition_, gathered_, name_));
  }
  return entry;
}

template <RealScalar T>
Variable<T> ChannelMlp<T>::share(const Variable<T>& x, const TensorSpace& range) {
  Tape& tape = x.tape();
  const Variable<T> w1 = weight1_.on(tape), b1 = bias1_.on(tape), w2 = weight2_.on(tape), b2 = bias2_.on(tape);
  const Shape& extent = x.value().box().extent;
  // The output bias must enter the sum over channel ranks once.
  const Index here = partition_.position();
  const bool first_share = here >= 0 && partition_.grid().coordinates(here)[1] == 0;
  const Share<T> local{extent[0],
                       in_,
                       w1.value().box().extent[0],
                       out_,
                       volume(Shape(extent.begin() + 2, extent.end())),
                       w1.value().data(),
                       b1.value().data(),
                       w2.value().data(),
                       first_share ? b2.value().data() : nullptr};
  DistTensor<T> y(range);
  local.forward(x.value().data(), y.data());
  return tape.template record<T>(std::move(y), true, [local, first_share, x, w1, b1, w2, b2](DistTensor<T>&& gy) {
    auto gw1 = DistTensor<T>::zeros(w1.space());
    auto gb1 = DistTensor<T>::zeros(b1.space());
    auto gw2 = DistTensor<T>::zeros(w2.space());
    auto gb2 = DistTensor<T>::zeros(b2.space());
    std::optional<DistTensor<T>> gx;
    if (x.requires_gradient()) gx.emplace(x.space());
    local.backward(x.value().data(), gy.data(),
                   {gx ? gx->data() : nullptr, gw1.data(), gb1.data(), gw2.data(), gb2.data()});
    if (!first_share) gb2.set_zero();
    w1.slot()->accumulate(std::move(gw1));
    b1.slot()->accumulate(std::move(gb1));
    w2.slot()->accumulate(std::move(gw2));
    b2.slot()->accumulate(std::move(gb2));
    if (gx) x.slot()->accumulate(std::move(*gx));
  });
}

template <RealScalar T>
Variable<T> ChannelMlp<T>::operator()(const Variable<T>& x) {
  const Shape& shape = x.space().shape;
  if (!(x.space().partition == partition_) || shape.size() < 3 || shape[1] != in_) {
    throw ShapeError(name_ + ": expected " + std::to_string(in_) + " channels and partition " + to_string(partition_) +
                     ", got " + to_string(x.space()));
  }
  Shape out_shape = shape;
  out_shape[1] = out_;
  if (partition_.grid().extents()[1] == 1) return share(x, {out_shape, partition_});
  const Moves& planned = moves(shape);
  return tessera::apply(planned.sum, share(tessera::apply(planned.gather, x), {out_shape, gathered_}));
}

template <RealScalar T>
void ChannelMlp<T>::list_parameters(ParameterList<T>& list) {
  for (auto* weight : {&weight1_, &bias1_, &weight2_, &bias2_}) list.push_back(&weight->parameter());
}

template class ChannelMlp<float>;
template class ChannelMlp<double>;

}  // namespace tessera
