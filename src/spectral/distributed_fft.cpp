#include "tessera/spectral/distributed_fft.hpp"

#include "spectral/distributed_fft_pipeline.hpp"

namespace tessera {

namespace {

constexpr const char* kComplexName = "DistributedFft";
constexpr const char* kRealName = "DistributedRealFft";

/// What every public call does before it applies the pipeline: check, trace, book.
template <class U, class V, class Body>
void call(const std::string& operation, const TensorSpace& from, const DistTensor<U>& in, const TensorSpace& to,
          const DistTensor<V>& out, const std::string& label, Body&& body) {
  require_space(operation.c_str(), "input", in, from);
  require_space(operation.c_str(), "output", out, to);
  const CollectiveGuard guard(in.communicator(), operation, from.shape);
  const TrafficScope scope(in.communicator().ledger(), label);
  body();
}

}  // namespace

template <RealScalar T>
DistributedFft<T>::DistributedFft(const Shape& shape, std::size_t grid_axes, const Partition& partition,
                                  const DistributedFftOptions& options)
    : LinearOperator<Complex>(kComplexName, {shape, partition},
                              fft_spectrum_space<Complex>(kComplexName, shape, grid_axes, partition, options.order)),
      pipeline_(make_fft_pipeline<Complex>(shape, grid_axes, partition, options)) {}

template <RealScalar T>
DistributedFft<T>::~DistributedFft() = default;

template <RealScalar T>
void DistributedFft<T>::inverse_into(const DistTensor<Complex>& y, DistTensor<Complex>& x) const {
  call(this->name() + "::inverse", this->range(), y, this->domain(), x, this->name(),
       [&] { pipeline_->backward(FftBackward::inverse, y, x); });
}

template <RealScalar T>
auto DistributedFft<T>::inverse(const DistTensor<Complex>& y) const -> DistTensor<Complex> {
  DistTensor<Complex> x(this->domain());
  inverse_into(y, x);
  return x;
}

template <RealScalar T>
void DistributedFft<T>::do_forward(const DistTensor<Complex>& x, DistTensor<Complex>& y) const {
  pipeline_->forward(x, y);
}

template <RealScalar T>
void DistributedFft<T>::do_adjoint(const DistTensor<Complex>& y, DistTensor<Complex>& x) const {
  pipeline_->backward(FftBackward::adjoint, y, x);
}

template <RealScalar T>
std::string DistributedFft<T>::describe() const {
  return pipeline_->describe();
}

template <RealScalar T>
DistributedRealFft<T>::DistributedRealFft(const Shape& shape, std::size_t grid_axes, const Partition& partition,
                                          const DistributedFftOptions& options)
    : LinearOperator<T, Complex>(kRealName, {shape, partition},
                                 fft_spectrum_space<T>(kRealName, shape, grid_axes, partition, options.order)),
      pipeline_(make_fft_pipeline<T>(shape, grid_axes, partition, options)) {}

template <RealScalar T>
DistributedRealFft<T>::~DistributedRealFft() = default;

template <RealScalar T>
void DistributedRealFft<T>::inverse_into(const DistTensor<Complex>& y, DistTensor<T>& x) const {
  call(this->name() + "::inverse", this->range(), y, this->domain(), x, this->name(),
       [&] { pipeline_->backward(FftBackward::inverse, y, x); });
}

template <RealScalar T>
DistTensor<T> DistributedRealFft<T>::inverse(const DistTensor<Complex>& y) const {
  DistTensor<T> x(this->domain());
  inverse_into(y, x);
  return x;
}

template <RealScalar T>
void DistributedRealFft<T>::do_forward(const DistTensor<T>& x, DistTensor<Complex>& y) const {
  pipeline_->forward(x, y);
}

template <RealScalar T>
void DistributedRealFft<T>::do_adjoint(const DistTensor<Complex>& y, DistTensor<T>& x) const {
  pipeline_->backward(FftBackward::adjoint, y, x);
}

template <RealScalar T>
std::string DistributedRealFft<T>::describe() const {
  return pipeline_->describe();
}

template class DistributedFft<float>;
template class DistributedFft<double>;
template class DistributedRealFft<float>;
template class DistributedRealFft<double>;

}  // namespace tessera
