#include "tessera/layers/spectral_conv.hpp"

#include <cmath>

#include "core/run_on.hpp"
#include "kernels/mode_mixing.hpp"

namespace tessera {

namespace {

Shape weight_shape(const SpectralGrid& spectral, Index in, Index out) {
  Shape shape{in, out};
  shape.insert(shape.end(), spectral.kept().begin(), spectral.kept().end());
  return shape;
}

/// Cut over modes like the spectrum, copied along the batch axis.
Partition weight_partition(const Partition& partition, const SpectralGrid& spectral, Schedule schedule) {
  const RankGrid ranks = plan_transform(1, 1, spectral, partition.grid(), schedule).spectrum_ranks;
  auto cuts = ranks.cuts();
  cuts[0] = cuts[1] = RankGrid::kReplicate;
  return partition.with_grid(RankGrid(ranks.extents(), cuts));
}

/// Both parts uniform on [0, 1) / (in out), as dfno draws them.
template <class T>
void draw_uniform(Parameter<std::complex<T>>& weight, std::uint64_t seed) {
  const double scale = 1.0 / static_cast<double>(weight.value.shape()[0] * weight.value.shape()[1]);
  const RandomStream stream(seed, weight.name);
  fill(weight.value, [&](Index i) -> std::complex<T> {
    const auto index = static_cast<std::uint64_t>(i);
    return {static_cast<T>(scale * stream.uniform(2 * index)), static_cast<T>(scale * stream.uniform(2 * index + 1))};
  });
}

/// Modes of one rank's tile: all axes after batch and channel.
Index local_modes(const Shape& extent) { return volume(Shape(extent.begin() + 2, extent.end())); }

}  // namespace

template <RealScalar T>
SpectralConv<T>::SpectralConv(const std::string& name, const Partition& partition, const SpectralGrid& spectral,
                              Index in, Index out, std::uint64_t seed, Options options)
    : name_(name),
      partition_(partition),
      spectral_(spectral),
      schedule_(options.schedule),
      in_(in),
      out_(out),
      weight_(name + "/weight", weight_shape(spectral, in, out),
              weight_partition(partition, spectral, options.schedule)) {
  if (options.initialisation == Initialisation::dfno) {
    draw_uniform(weight_.parameter(), seed);
  } else {
    // Real and imaginary part share the variance.
    weight_.draw_normal(seed, options.gain / std::sqrt(2.0 * static_cast<double>(in)));
  }
}

template <RealScalar T>
auto SpectralConv<T>::transforms(Index batch) -> const Transforms& {
  Transforms& entry = transforms_[batch];
  if (!entry.forward) {
    const auto planned = [&](Index channels) {
      const TransformPlan plan = plan_transform(batch, channels, spectral_, partition_.grid(), schedule_);
      return std::make_shared<const PlannedTransform<T>>(plan, partition_);
    };
    const auto in = planned(in_);
    entry.forward = std::make_shared<const TruncatedFft<T>>(in);
    entry.inverse = std::make_shared<const TruncatedInverseFft<T>>(in_ == out_ ? in : planned(out_));
  }
  return entry;
}

template <RealScalar T>
Variable<std::complex<T>> SpectralConv<T>::multiply(const Variable<std::complex<T>>& modes, const TensorSpace& range) {
  const Variable<std::complex<T>> weight = weight_.on(modes.tape());
  DistTensor<std::complex<T>> product(range);
  const Shape& extent = product.box().extent;
  const kernels::ModeMixing size{extent[0], in_, out_, local_modes(extent)};
  run_on(product.device(), [&](const auto&... stream) {
    kernels::mix_modes<T>(stream..., size, modes.value().data(), weight.value().data(), product.data());
  });
  return modes.tape().template record<std::complex<T>>(
      std::move(product), true, [size, modes, weight](DistTensor<std::complex<T>>&& gradient) {
        DistTensor<std::complex<T>> weight_gradient(weight.space());
        run_on(gradient.device(), [&](const auto&... stream) {
          kernels::mix_modes_adjoint_weight<T>(stream..., size, gradient.data(), modes.value().data(),
                                               weight_gradient.data());
        });
        weight.slot()->accumulate(std::move(weight_gradient));
        if (!modes.requires_gradient()) return;
        DistTensor<std::complex<T>> modes_gradient(modes.space());
        run_on(gradient.device(), [&](const auto&... stream) {
          kernels::mix_modes_adjoint_input<T>(stream..., size, gradient.data(), weight.value().data(),
                                              modes_gradient.data());
        });
        modes.slot()->accumulate(std::move(modes_gradient));
      });
}

template <RealScalar T>
Variable<T> SpectralConv<T>::operator()(const Variable<T>& x) {
  const Shape& shape = x.space().shape;
  if (shape.empty()) throw ShapeError(name_ + ": the input has no axes");
  const Transforms& planned = transforms(shape[0]);
  require_space(name_.c_str(), "input", x.value(), planned.forward->domain());
  return tessera::apply(planned.inverse, multiply(tessera::apply(planned.forward, x), planned.inverse->domain()));
}

template class SpectralConv<float>;
template class SpectralConv<double>;

}  // namespace tessera
