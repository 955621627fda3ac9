#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include "tessera/layers/parameter_list.hpp"
#include "tessera/primitives/repartition.hpp"
#include "tessera/tensor/algebra.hpp"

namespace tessera::testing_support {

/// The whole tensor on rank 0 of its partition.
template <class T>
DistTensor<T> gathered(const DistTensor<T>& x) {
  return Repartition<T>(x.shape(), x.partition(), x.partition().root()).forward(x);
}

/// |a - b| / |b| of two tensors of one shape on any partitions of one communicator that start at the same rank.
template <class T>
double relative_difference(const DistTensor<T>& a, const DistTensor<T>& b) {
  DistTensor<T> difference = gathered(a);
  const DistTensor<T> reference = gathered(b);
  axpy(-1.0, reference, difference);
  const double scale = norm(reference);
  return norm(difference) / (scale > 0.0 ? scale : 1.0);
}

template <class T>
DistTensor<T> random_tensor(const TensorSpace& space, std::string_view name, std::uint64_t seed = 7) {
  DistTensor<T> x(space);
  fill_normal(x, RandomStream(seed, name));
  return x;
}

/// Random directions for all parameters of a model, and moves along them.
template <class T>
class Direction {
 public:
  explicit Direction(ParameterList<T> parameters) : parameters_(std::move(parameters)) {}

  /// Adds `step` times the direction to every parameter.
  void move(double step) const {
    for (const auto& ref : parameters_) std::visit([&](auto* p) { axpy(step, direction(*p), p->value); }, ref);
  }
  /// Re <gradient, direction> over all parameters.
  double slope() const {
    double sum = 0.0;
    for (const auto& ref : parameters_) {
      std::visit([&](auto* p) { sum += inner_product(p->gradient, direction(*p)); }, ref);
    }
    return sum;
  }

 private:
  template <class S>
  static DistTensor<S> direction(const Parameter<S>& parameter) {
    return random_tensor<S>(parameter.value.space(), "direction " + parameter.name);
  }

  ParameterList<T> parameters_;
};

}  // namespace tessera::testing_support
