#include "tessera/training/adam.hpp"

#include <cmath>

#include "core/run_on.hpp"
#include "kernels/elementwise.hpp"
#include "tensor/real_dot.hpp"

namespace tessera {

template <RealScalar T>
Adam<T>::Adam(const ParameterList<T>& parameters, const Options& options) : options_(options) {
  for (const ParameterRef<T>& ref : parameters) {
    std::visit(
        [&]<class S>(Parameter<S>* parameter) {
          const TensorSpace& space = parameter->value.space();
          moments_.push_back(Moments<S>{parameter, DistTensor<S>::zeros(space), DistTensor<RealPart<S>>::zeros(space)});
        },
        ref);
  }
}

template <RealScalar T>
void Adam<T>::step(double learning_rate, double gradient_scale) {
  ++steps_;
  const auto t = static_cast<double>(steps_);
  const kernels::AdamStep step{learning_rate,
                               options_.beta1,
                               options_.beta2,
                               options_.epsilon,
                               1.0 - std::pow(options_.beta1, t),
                               1.0 - std::pow(options_.beta2, t),
                               options_.weight_decay,
                               gradient_scale};
  for (AnyMoments& any : moments_) {
    std::visit(
        [&]<class S>(Moments<S>& moments) {
          Parameter<S>& parameter = *moments.parameter;
          run_on(parameter.value.device(), [&](const auto&... stream) {
            kernels::adam_update<S>(stream..., parameter.value.local_size(), step, parameter.gradient.data(),
                                    parameter.value.data(), moments.first.data(), moments.second.data());
          });
        },
        any);
  }
}

template <RealScalar T>
double gradient_norm(const ParameterList<T>& parameters) {
  double sum = 0.0;
  const Communicator* communicator = nullptr;
  for (const ParameterRef<T>& ref : parameters) {
    std::visit(
        [&](const auto* parameter) {
          const auto& gradient = parameter->gradient;
          sum += real_dot(gradient.device(), gradient.local_size(), gradient.data(), gradient.data());
          communicator = &gradient.communicator();
        },
        ref);
  }
  if (communicator != nullptr) communicator->all_sum(&sum, 1);
  return std::sqrt(sum);
}

template <RealScalar T>
void zero_gradients(const ParameterList<T>& parameters) {
  for (const ParameterRef<T>& ref : parameters) std::visit([](auto* parameter) { parameter->zero_gradient(); }, ref);
}

template class Adam<float>;
template class Adam<double>;
template double gradient_norm<float>(const ParameterList<float>&);
template double gradient_norm<double>(const ParameterList<double>&);
template void zero_gradients<float>(const ParameterList<float>&);
template void zero_gradients<double>(const ParameterList<double>&);

}  // namespace tessera
