#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "support/gather.hpp"
#include "support/mpi_fixture.hpp"
#include "support/partitions.hpp"
#include "tessera/testing/gradient_test.hpp"

namespace tessera::testing_support {

/// A layer built on some partition: callable on a Variable<double>, lists its parameters.
struct AnyLayer {
  std::shared_ptr<void> owner;
  std::function<Variable<double>(const Variable<double>&)> call;
  ParameterList<double> parameters;
};

template <class Layer>
AnyLayer any_layer(std::shared_ptr<Layer> layer) {
  AnyLayer result{layer, [layer](const Variable<double>& x) { return (*layer)(x); }, {}};
  layer->list_parameters(result.parameters);
  return result;
}

using LayerFactory = std::function<AnyLayer(const Partition&)>;

/// Output and gradients of L = <y, c> + |y|^2 / 2 for a fixed random c.
struct LayerRun {
  double loss;
  DistTensor<double> output;
  DistTensor<double> input_gradient;
};

inline LayerRun run_layer(const AnyLayer& layer, const DistTensor<double>& x) {
  for (const auto& ref : layer.parameters) std::visit([](auto* p) { p->zero_gradient(); }, ref);
  Tape tape;
  const auto leaf = tape.leaf(x.clone());
  const auto y = layer.call(leaf);
  const auto c = random_tensor<double>(y.space(), "cotangent");
  const double loss = inner_product(y.value(), c) + 0.5 * inner_product(y.value(), y.value());
  auto gradient = c.clone();
  axpy(1.0, y.value(), gradient);
  tape.backward(y, std::move(gradient));
  return {loss, y.value().clone(), leaf.gradient().clone()};
}

/// On every partition of all ranks: what one rank computes (output, input and parameter gradients), and Taylor tests
/// with respect to the input and to all parameters together.
inline void check_layer(const LayerFactory& make, const Shape& input_shape) {
  const std::size_t axes = input_shape.size();
  const Partition one_rank(world(), Shape(axes, 1));
  const AnyLayer reference_layer = make(one_rank);
  const LayerRun reference = run_layer(reference_layer, random_tensor<double>({input_shape, one_rank}, "x"));
  for (const Shape& extents : all_partitions(world()->size(), axes)) {
    SCOPED_TRACE("partition " + to_string(extents));
    const Partition partition(world(), extents);
    const AnyLayer layer = make(partition);
    const auto x = random_tensor<double>({input_shape, partition}, "x");
    const LayerRun run = run_layer(layer, x);
    EXPECT_LT(relative_difference(run.output, reference.output), 1e-13);
    EXPECT_LT(relative_difference(run.input_gradient, reference.input_gradient), 1e-13);
    for (std::size_t i = 0; i < layer.parameters.size(); ++i) {
      std::visit(
          [&]<class S>(Parameter<S>* p) {
            const auto* expected = std::get<Parameter<S>*>(reference_layer.parameters[i]);
            EXPECT_EQ(p->name, expected->name);
            EXPECT_LT(relative_difference(p->value, expected->value), 1e-15) << p->name;
            EXPECT_LT(relative_difference(p->gradient, expected->gradient), 1e-13) << p->name;
          },
          layer.parameters[i]);
    }
  }
}

inline void check_taylor(const LayerFactory& make, const Shape& input_shape, const Shape& extents) {
  SCOPED_TRACE("partition " + to_string(extents));
  const Partition partition(world(), extents);
  const AnyLayer layer = make(partition);
  const auto x = random_tensor<double>({input_shape, partition}, "x");
  const auto v = random_tensor<double>({input_shape, partition}, "v");
  const Direction<double> direction(layer.parameters);
  const LayerRun run = run_layer(layer, x);
  const double input_slope = inner_product(run.input_gradient, v);
  const double parameter_slope = direction.slope();

  const auto along_input = gradient_test(
      [&](double step) {
        auto moved = x.clone();
        axpy(step, v, moved);
        return run_layer(layer, moved).loss;
      },
      input_slope, 0.01);
  EXPECT_TRUE(along_input.passes()) << along_input.describe();
  if (layer.parameters.empty()) return;
  const auto along_parameters = gradient_test(
      [&](double step) {
        direction.move(step);
        const double loss = run_layer(layer, x).loss;
        direction.move(-step);
        return loss;
      },
      parameter_slope, 0.01);
  EXPECT_TRUE(along_parameters.passes()) << along_parameters.describe();
}

/// All ranks on the batch, channel or first grid axis in turn.
inline void check_taylor_on_each_axis(const LayerFactory& make, const Shape& input_shape) {
  for (std::size_t axis = 0; axis < input_shape.size(); ++axis) {
    Shape extents(input_shape.size(), 1);
    extents[axis] = world()->size();
    check_taylor(make, input_shape, extents);
  }
}

}  // namespace tessera::testing_support
