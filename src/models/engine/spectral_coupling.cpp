#include "models/engine/spectral_coupling.hpp"

#include "core/run_on.hpp"
#include "kernels/mode_mixing.hpp"

namespace tessera::engine {

namespace {

/// The spectrum [batch, channel, modes...] on the ranks of weights [in, out, modes...].
Partition beside_weights(const Partition& spectrum, const Partition& weights) {
  const RankGrid& grid = weights.grid();
  return spectrum.with_grid(RankGrid(grid.extents()));
}

kernels::ModeMixing mixing_size(const Shape& extent, const Shape& weight_shape) {
  return {extent[0], weight_shape[0], weight_shape[1], volume(Shape(extent.begin() + 2, extent.end()))};
}

}  // namespace

template <RealScalar T>
SpectralCoupling<T>::SpectralCoupling(std::shared_ptr<const PlannedTransform<T>> transform, const Partition& weights)
    : transform_(std::move(transform)) {
  const TensorSpace from = transform_->spectrum_space();
  const Partition target = beside_weights(from.partition, weights);
  if (!(target == from.partition)) move_.emplace(from.shape, from.partition, target, "TruncatedFft");
}

template <RealScalar T>
TensorSpace SpectralCoupling<T>::spectrum_space() const {
  return move_ ? move_->range() : transform_->spectrum_space();
}

template <RealScalar T>
DistTensor<std::complex<T>> SpectralCoupling<T>::analyse(ModeScaling scaling, const ModeLayout<T>& layout,
                                                         const T* modes) const {
  DistTensor<Complex> partial(transform_->partial_space());
  const TrafficScope scope(partial.communicator().ledger(),
                           scaling == ModeScaling::unit ? "TruncatedFft" : "TruncatedInverseFft");
  layout.to_tensor(modes, partial.data());
  DistTensor<Complex> spectrum = transform_->finish_analysis(scaling, std::move(partial));
  return move_ ? move_->forward(spectrum) : std::move(spectrum);
}

template <RealScalar T>
void SpectralCoupling<T>::synthesise(ModeScaling scaling, const ModeLayout<T>& layout,
                                     const DistTensor<Complex>& spectrum, T* modes) const {
  const TrafficScope scope(spectrum.communicator().ledger(),
                           scaling == ModeScaling::unit ? "TruncatedFft" : "TruncatedInverseFft");
  const DistTensor<Complex> partial = move_ ? transform_->begin_synthesis(scaling, move_->adjoint(spectrum))
                                            : transform_->begin_synthesis(scaling, spectrum);
  layout.from_tensor(partial.data(), modes);
}

template <RealScalar T>
DistTensor<std::complex<T>> mix(const SharedWeight<std::complex<T>>& weight, const DistTensor<std::complex<T>>& x) {
  std::optional<DistTensor<std::complex<T>>> copy;
  const auto& r = weight.use(copy);
  DistTensor<std::complex<T>> y(x.space());
  const kernels::ModeMixing size = mixing_size(x.box().extent, r.shape());
  run_on(x.device(),
         [&](const auto&... stream) { kernels::mix_modes<T>(stream..., size, x.data(), r.data(), y.data()); });
  return y;
}

template <RealScalar T>
DistTensor<std::complex<T>> mix_backward(SharedWeight<std::complex<T>>& weight, const DistTensor<std::complex<T>>& x,
                                         const DistTensor<std::complex<T>>& gy) {
  std::optional<DistTensor<std::complex<T>>> copy;
  const auto& r = weight.use(copy);
  const kernels::ModeMixing size = mixing_size(x.box().extent, r.shape());
  const auto add_weight_gradient = [&](DistTensor<std::complex<T>>& gr, bool accumulate) {
    run_on(x.device(), [&](const auto&... stream) {
      kernels::mix_modes_adjoint_weight<T>(stream..., size, gy.data(), x.data(), gr.data(), accumulate);
    });
  };
  if (copy) {
    auto gr = DistTensor<std::complex<T>>::zeros(r.space());
    add_weight_gradient(gr, false);
    weight.add_gradient(gr);
  } else {
    add_weight_gradient(weight.parameter().gradient, true);
  }
  DistTensor<std::complex<T>> gx(x.space());
  run_on(x.device(), [&](const auto&... stream) {
    kernels::mix_modes_adjoint_input<T>(stream..., size, gy.data(), r.data(), gx.data());
  });
  return gx;
}

#define TESSERA_INSTANTIATE(T)                                                      \
  template class SpectralCoupling<T>;                                               \
  template DistTensor<std::complex<T>> mix<T>(const SharedWeight<std::complex<T>>&, \
                                              const DistTensor<std::complex<T>>&);  \
  template DistTensor<std::complex<T>> mix_backward<T>(                             \
      SharedWeight<std::complex<T>>&, const DistTensor<std::complex<T>>&, const DistTensor<std::complex<T>>&);
TESSERA_INSTANTIATE(float)
TESSERA_INSTANTIATE(double)

}  // namespace tessera::engine
