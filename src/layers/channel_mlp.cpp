#include "tessera/layers/channel_mlp.hpp"

#include <cmath>

#include "layers/mlp_share.hpp"

namespace tessera {

namespace {

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
  const MlpShare<T> local{extent[0],
                          in_,
                          w1.value().box().extent[0],
                          out_,
                          volume(Shape(extent.begin() + 2, extent.end())),
                          w1.value().data(),
                          b1.value().data(),
                          w2.value().data(),
                          first_share ? b2.value().data() : nullptr};
  DistTensor<T> y(range);
  local.forward(y.device(), x.value().data(), y.data());
  return tape.template record<T>(std::move(y), true, [local, first_share, x, w1, b1, w2, b2](DistTensor<T>&& gy) {
    auto gw1 = DistTensor<T>::zeros(w1.space());
    auto gb1 = DistTensor<T>::zeros(b1.space());
    auto gw2 = DistTensor<T>::zeros(w2.space());
    auto gb2 = DistTensor<T>::zeros(b2.space());
    std::optional<DistTensor<T>> gx;
    if (x.requires_gradient()) gx.emplace(x.space());
    local.backward(gy.device(), x.value().data(), gy.data(),
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
