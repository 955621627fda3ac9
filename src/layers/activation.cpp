#include "tessera/layers/activation.hpp"

#include "core/run_on.hpp"
#include "kernels/activation.hpp"

namespace tessera {

template <RealScalar T>
Variable<T> gelu(const Variable<T>& x) {
  DistTensor<T> y(x.space());
  run_on(y.device(),
         [&](const auto&... stream) { kernels::gelu(stream..., x.value().local_size(), x.value().data(), y.data()); });
  return x.tape().template record<T>(std::move(y), x.requires_gradient(), [x](DistTensor<T>&& gradient) {
    run_on(gradient.device(), [&](const auto&... stream) {
      kernels::gelu_backward(stream..., gradient.local_size(), x.value().data(), gradient.data(), gradient.data());
    });
    x.slot()->accumulate(std::move(gradient));
  });
}

template Variable<float> gelu(const Variable<float>&);
template Variable<double> gelu(const Variable<double>&);

}  // namespace tessera
