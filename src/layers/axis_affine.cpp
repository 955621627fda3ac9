#include "tessera/layers/axis_affine.hpp"

#include <cmath>

#include "core/run_on.hpp"
#include "kernels/products.hpp"

namespace tessera {

namespace {

/// The partition on which weights are used: cut by rows where the mapped axis is distributed, copied elsewhere.
Partition weight_partition(const Partition& partition, std::size_t axis) {
  std::vector<int> cuts(partition.grid().extents().size(), RankGrid::kReplicate);
  cuts[axis] = 0;
  return partition.with_grid(RankGrid(partition.grid().extents(), cuts));
}

/// The partition of the input with every rank along the mapped axis holding all of it.
Partition gathered_partition(const Partition& partition, std::size_t axis) {
  auto cuts = partition.grid().cuts();
  cuts[axis] = RankGrid::kReplicate;
  return partition.with_grid(RankGrid(partition.grid().extents(), cuts));
}

/// A local tile as the kernels see it: [outer, axis, inner].
struct Sides {
  Index outer = 1, inner = 1;
};

Sides sides_of(const Shape& extent, std::size_t axis) {
  Sides sides;
  for (std::size_t i = 0; i < axis; ++i) sides.outer *= extent[i];
  for (std::size_t i = axis + 1; i < extent.size(); ++i) sides.inner *= extent[i];
  return sides;
}

}  // namespace

template <RealScalar T>
AxisAffine<T>::AxisAffine(const std::string& name, const Partition& partition, std::size_t axis, Index in, Index out,
                          std::uint64_t seed, Options options)
    : name_(name),
      partition_(partition),
      axis_(axis),
      in_(in),
      out_(out),
      weight_(name + "/weight", {out, in}, weight_partition(partition, axis)) {
  weight_.draw_normal(seed, options.gain / std::sqrt(static_cast<double>(in)));
  if (!options.bias) return;
  bias_.emplace(name + "/bias", Shape{out}, weight_partition(partition, axis));
  bias_->draw_normal(seed, kBiasDeviation);
}

template <RealScalar T>
std::shared_ptr<const Repartition<T>> AxisAffine<T>::gather(const Shape& shape) {
  auto& plan = gathers_[shape];
  if (!plan) {
    plan = std::make_shared<const Repartition<T>>(shape, partition_, gathered_partition(partition_, axis_), name_);
  }
  return plan;
}

template <RealScalar T>
Variable<T> AxisAffine<T>::operator()(const Variable<T>& x) {
  const Shape& shape = x.space().shape;
  if (!(x.space().partition == partition_) || shape.size() <= axis_ || shape[axis_] != in_) {
    throw ShapeError(name_ + ": expected " + std::to_string(in_) + " entries on axis " + std::to_string(axis_) +
                     " and partition " + to_string(partition_) + ", got " + to_string(x.space()));
  }
  const bool distributed = partition_.grid().extents()[axis_] > 1;
  const Variable<T> whole = distributed ? tessera::apply(gather(shape), x) : x;
  const Variable<T> weight = weight_.on(x.tape());
  std::optional<Variable<T>> bias;
  if (bias_) bias = bias_->on(x.tape());

  Shape out_shape = shape;
  out_shape[axis_] = out_;
  DistTensor<T> y({out_shape, partition_});
  const Sides sides = sides_of(y.box().extent, axis_);
  const Index rows = y.box().extent[axis_];
  const Index in = in_;
  run_on(y.device(), [&](const auto&... stream) {
    kernels::apply_along_axis<T>(stream..., sides.outer, rows, in, sides.inner, weight.value().data(),
                                 bias ? bias->value().data() : nullptr, whole.value().data(), y.data());
  });
  return x.tape().template record<T>(std::move(y), true, [sides, rows, in, whole, weight, bias](DistTensor<T>&& gy) {
    auto gw = DistTensor<T>::zeros(weight.space());
    std::optional<DistTensor<T>> gb;
    if (bias) gb = DistTensor<T>::zeros(bias->space());
    run_on(gy.device(), [&](const auto&... stream) {
      kernels::accumulate_axis_gradient<T>(stream..., sides.outer, rows, in, sides.inner, whole.value().data(),
                                           gy.data(), gw.data(), gb ? gb->data() : nullptr);
    });
    weight.slot()->accumulate(std::move(gw));
    if (bias) bias->slot()->accumulate(std::move(*gb));
    if (!whole.requires_gradient()) return;
    DistTensor<T> gx(whole.space());
    run_on(gy.device(), [&](const auto&... stream) {
      kernels::apply_transposed_along_axis<T>(stream..., sides.outer, rows, in, sides.inner, weight.value().data(),
                                              gy.data(), gx.data());
    });
    whole.slot()->accumulate(std::move(gx));
  });
}

template <RealScalar T>
void AxisAffine<T>::list_parameters(ParameterList<T>& list) {
  list.push_back(&weight_.parameter());
  if (bias_) list.push_back(&bias_->parameter());
}

template class AxisAffine<float>;
template class AxisAffine<double>;

}  // namespace tessera
