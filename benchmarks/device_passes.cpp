#include "device_passes.hpp"

#include "kernels/copy.hpp"
#include "kernels/elementwise.hpp"
#include "kernels/mode_mixing.hpp"
#include "kernels/pointwise_block.hpp"
#include "kernels/projection.hpp"

namespace tessera::bench {

namespace {

using kernels::BFloat16;
using kernels::BlockInput;
using kernels::Products;

double number(Index count) { return static_cast<double>(count); }

/// v as it is stored for the backward pass.
void store(DeviceBlock& block, float* stored) {
  copy_async(block.device().stream(), block.v.size(), std::as_const(block.v).data(), stored);
}
void store(DeviceBlock& block, BFloat16* stored) {
  kernels::copy_converted(block.device().stream(), block.v.size(), std::as_const(block.v).data(), stored);
}

/// The pointwise passes with z and v stored as `Stored`; where that is not float, v = gelu(v as stored).
template <class Stored>
void append_pointwise(std::vector<Pass>& passes, DeviceBlock& block, const std::string& suffix, Products products) {
  const Stream& stream = block.device().stream();
  const Index width = block.width(), points = block.points(), count = width * points;
  const double values = number(count), size = sizeof(Stored), product = 2 * number(width) * values;
  constexpr bool kActivate = !std::is_same_v<Stored, float>;
  const auto v = std::make_shared<Storage<Stored>>(block.device(), count);
  const auto z = std::make_shared<Storage<Stored>>(block.device(), count);
  const auto gweight = std::make_shared<Storage<double>>(some_values<double>(block.device(), width * width));
  store(block, v->data());
  store(block, z->data());
  float* const activated = kActivate ? nullptr : block.activated.data();
  passes.push_back({"block_forward" + suffix,
                    [=, &block, &stream] {
                      kernels::block_forward<float, Stored, Stored>(stream, width, points, block.pointwise.data(),
                                                                    {v->data(), kActivate}, block.s.data(), z->data(),
                                                                    activated, products);
                    },
                    {values * (2 * size + (kActivate ? 4 : 8)), product}});
  passes.push_back({"block_backward_input/gelu" + suffix,
                    [=, &block, &stream] {
                      kernels::block_backward_input<float, Stored>(stream, width, points, block.pointwise.data(),
                                                                   block.v.data(), block.s.data(), z->data(),
                                                                   block.activated.data(), products);
                    },
                    {values * (size + 12), product}});
  // Its products are never made by tensor cores.
  if (products != Products::float32) return;
  passes.push_back({"block_weight_gradient" + suffix,
                    [=, &block, &stream] {
                      kernels::block_weight_gradient<float, Stored>(stream, width, points, block.s.data(),
                                                                    {v->data(), kActivate}, gweight->data());
                    },
                    {values * (size + 4), product}});
}

}  // namespace

std::vector<Pass> transform_passes(DeviceBlock& block) {
  std::vector<Pass> passes;
  const std::size_t axes = block.grid().rank();
  for (std::size_t axis = axes; axis-- > 0;) {
    passes.push_back(
        {"analysis/axis" + std::to_string(axis), [&block, axis] { block.analyse(axis); }, block.transform_work(axis)});
  }
  for (std::size_t axis = 0; axis < axes; ++axis) {
    passes.push_back({"synthesis/axis" + std::to_string(axis), [&block, axis] { block.synthesise(axis); },
                      block.transform_work(axis)});
  }
  return passes;
}

std::vector<Pass> mode_passes(DeviceBlock& block) {
  const Stream& stream = block.device().stream();
  const kernels::ModeMixing size{1, block.width(), block.width(), block.modes()};
  const Index weights = size.in * size.out * size.modes;
  const double values = number(2 * size.in * size.modes + weights), operations = 8 * number(weights);
  const auto gradient = std::make_shared<Storage<Complex>>(some_values<Complex>(block.device(), weights));
  const auto first = std::make_shared<Storage<Complex>>(some_values<Complex>(block.device(), weights));
  const auto second = std::make_shared<Storage<float>>(block.device(), weights);
  kernels::set_zero(stream, weights, second->data());
  const kernels::AdamStep step{1e-3, 0.9, 0.999, 1e-8, 0.1, 0.001, 0.0, 1.0};
  return {{"mix_modes", [&block] { block.mix(); }, {8 * values, operations}},
          {"mix_modes_adjoint_input",
           [=, &block, &stream] {
             kernels::mix_modes_adjoint_input<float>(stream, size, block.mixed.data(), block.spectral.data(),
                                                     block.spectrum.data());
           },
           {8 * values, operations}},
          {"mix_modes_adjoint_weight",
           [=, &block, &stream] {
             kernels::mix_modes_adjoint_weight<float>(stream, size, block.mixed.data(), block.spectrum.data(),
                                                      gradient->data());
           },
           {8 * values, operations}},
          // Gradient, weight and first moment are complex; all but the gradient are written, too.
          {"adam",
           [=, &block, &stream] {
             kernels::adam_update<Complex>(stream, weights, step, gradient->data(), block.spectral.data(),
                                           first->data(), second->data());
           },
           {48 * number(weights), 20 * number(weights)}}};
}

std::vector<Pass> pointwise_passes(DeviceBlock& block) {
  std::vector<Pass> passes;
  append_pointwise<float>(passes, block, "", Products::float32);
  append_pointwise<float>(passes, block, "/tf32", Products::tensor_float32);
  append_pointwise<BFloat16>(passes, block, "/bfloat16", Products::float32);
  const Stream& stream = block.device().stream();
  const Index width = block.width(), points = block.points();
  const double values = number(width * points);
  passes.push_back({"block_backward_input",
                    [=, &block, &stream] {
                      kernels::block_backward_input(stream, width, points, std::as_const(block.pointwise).data(),
                                                    std::as_const(block.v).data(), std::as_const(block.s).data(),
                                                    block.activated.data());
                    },
                    {12 * values, 2 * number(width) * values}});
  return passes;
}

std::vector<Pass> projection_passes(DeviceBlock& block, Index hidden) {
  const Stream& stream = block.device().stream();
  const Device& device = block.device();
  const Index width = block.width(), points = block.points();
  const auto weights = std::make_shared<Storage<float>>(some_values<float>(device, hidden * (width + 2) + 1));
  const float* w = weights->data();
  const kernels::Projection<float> projection{
      width, hidden, 1, w, w + hidden * width, w + hidden * (width + 1), w + hidden * (width + 2)};
  const Index gradients = projection_weights(projection);
  const auto gweights = std::make_shared<Storage<double>>(some_values<double>(device, gradients));
  const auto loss = std::make_shared<Storage<double>>(some_values<double>(device, 2));
  const auto target = std::make_shared<Storage<float>>(some_values<float>(device, points));
  const auto y = std::make_shared<Storage<float>>(device, points);
  const double product = 2 * number(hidden) * number(width + 1) * number(points);
  return {{"project",
           [=, &block, &stream, kept = weights] {
             kernels::project<float>(stream, projection, points, std::as_const(block.v).data(), y->data());
           },
           {4 * number(points) * number(width + 1), product}},
          // The product, its two adjoints for the first layer and for the second.
          {"project_with_loss",
           [=, &block, &stream, kept = weights] {
             kernels::project_with_loss<float>(stream, projection, points, std::as_const(block.v).data(),
                                               target->data(), block.activated.data(), gweights->data(), loss->data());
           },
           {4 * number(points) * number(2 * width + 1), 3 * product}}};
}

}  // namespace tessera::bench
