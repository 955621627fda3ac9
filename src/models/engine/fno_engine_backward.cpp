#include <algorithm>
#include <utility>

#include "kernels/activation.hpp"
#include "kernels/elementwise.hpp"
#include "kernels/products.hpp"
#include "models/engine/engine_memory.hpp"

namespace tessera::engine {

/// dL/dy (or what becomes it when multiplied by the sample's factor) for some columns of a tile.
template <RealScalar T>
void FnoEngine<T>::error_of(const TileVisit<T>& visit, const OutputGradient& gradient, SampleNorms* norms,
                            const T* target, Index first, Index count, const T* y, T* gy) const {
  const Index cells = visit.tile.cells();
  const auto sample = static_cast<std::size_t>(first_sample_ + visit.sample);
  const T factor = gradient.factors.empty() ? T{1} : static_cast<T>(gradient.factors[sample]);
  for (Index c = 0; c < config_.out_channels; ++c) {
    const T* t = target + c * cells + first;
    for (Index i = 0; i < count; ++i) {
      gy[c * count + i] = gradient.given ? t[i] : factor * (y[c * count + i] - t[i]);
    }
    if (norms == nullptr || gradient.given) continue;
    norms->error += kernels::real_dot(count, gy + c * count, gy + c * count);
    norms->target += kernels::real_dot(count, t, t);
  }
}

/// gz of the last block from v_L, whose slope the chain has kept. The first time sums and norms are added to.
template <RealScalar T>
void FnoEngine<T>::head_backward(TileVisit<T>& visit, const OutputGradient& gradient, const T* v, bool first_time,
                                 T* gz) {
  ThreadMemory& memory = memory_[static_cast<std::size_t>(visit.thread)];
  memory.target.require(config_.out_channels * visit.tile.cells());
  visit.get_target(memory.target.data());
  GradientSums* sums = first_time ? &store_.of_sample(visit.thread, visit.sample) : nullptr;
  SampleNorms* norms = first_time ? &store_.norms(visit.thread, visit.sample) : nullptr;
  network_.project_backward(
      visit.tile, v,
      [&](Index first, Index count, const T* y, T* gy) {
        error_of(visit, gradient, norms, memory.target.data(), first, count, y, gy);
      },
      memory.work, sums, gz);
  kernels::multiply_elements(config_.width * visit.tile.cells(), memory.slopes.back().data(), gz);
}

/// Computes gz of the last block, stores it in place of z (unless nothing is stored) and gathers its modes. `has_last`:
/// z of the last block is stored.
template <RealScalar T>
void FnoEngine<T>::head_pass(BatchPlan& plan, FnoTrace<T>& trace, const FieldReader<T>& x,
                             const OutputGradient& gradient, bool has_last) {
  const bool storing = trace.activations != Activations::none;
  const Index last = blocks_ - 1;
  Chain blocks = last_block(trace);
  blocks.first_slope = last;
  PassFields<T> fields = has_last ? PassFields<T>{} : chain_fields(trace, x, blocks);
  fields.target = &gradient.field;
  fields.result = plan.gathered.data();
  fields.result_scaling = ModeScaling::inverse;
  run(plan, fields, [&](TileVisit<T>& visit) {
    ThreadMemory& memory = memory_[static_cast<std::size_t>(visit.thread)];
    const Index size = config_.width * visit.tile.cells();
    memory.gz.require(size);
    const T* v = nullptr;
    expect_next(trace, visit, last, last);
    if (has_last) {
      memory.v.require(size);
      memory.slopes.back().require(size);
      kernels::gelu_with_derivative(size, stored(trace, visit, last), memory.v.data(), memory.slopes.back().data(),
                                    std::exchange(memory.soon, {}));
      v = memory.v.data();
    } else {
      v = chain(visit, trace, blocks);
    }
    T* gz = storing ? stored(trace, visit, last) : memory.gz.data();
    head_backward(visit, gradient, v, true, gz);
    visit.analyse(gz);
  });
}

/// What the backward pass of a block reads, in the order block_backward and reach_block expect.
template <RealScalar T>
PassFields<T> FnoEngine<T>::backward_fields(const FnoTrace<T>& trace, const FieldReader<T>& x,
                                            const OutputGradient& gradient, const std::vector<Buffer<T>>& pulled,
                                            Index block) const {
  PassFields<T> fields;
  if (trace.activations == Activations::none) {
    fields = chain_fields(trace, x, {.end = blocks_});
    fields.target = &gradient.field;
  } else if (trace.activations == Activations::one || block == 0) {
    fields = chain_fields(trace, x, {.end = block});
  }
  const Index last = trace.activations == Activations::none ? blocks_ - 1 : block;
  for (Index from = last; from >= block; --from) {
    fields.sources.push_back({pulled[static_cast<std::size_t>(from)].data(), ModeScaling::unit});
  }
  return fields;
}

/// Makes v_block (returned in v), gelu' of the block before, and gz of the block, which it returns.
template <RealScalar T>
const T* FnoEngine<T>::reach_block(TileVisit<T>& visit, FnoTrace<T>& trace, const OutputGradient& gradient, Index block,
                                   const T*& v) {
  ThreadMemory& memory = memory_[static_cast<std::size_t>(visit.thread)];
  const Index size = config_.width * visit.tile.cells();
  expect_next(trace, visit, block, std::max<Index>(block - 1, 0));
  Chain blocks{.end = block, .lift_slopes = block == 0, .first_slope = std::max<Index>(block - 1, 0)};
  if (trace.activations == Activations::none) {
    blocks.end = blocks_;
    blocks.kept_v = block;
    const T* last_v = chain(visit, trace, blocks);
    v = memory.kept_v.data();
    T* gz = memory.gz.data();
    T* gv = memory.gv.data();
    head_backward(visit, gradient, last_v, false, gz);
    for (Index from = blocks_ - 1; from > block; --from) {
      visit.synthesise(static_cast<std::size_t>(blocks_ + (blocks_ - 1 - from)), gv);
      network_.add_pointwise_adjoint(from, 1.0, visit.tile, gz, memory.work, gv);
      kernels::multiply_elements(size, memory.slopes[static_cast<std::size_t>(from - 1)].data(), gv);
      std::swap(gz, gv);
    }
    if (gz != memory.gz.data()) std::swap(memory.gz, memory.gv);
    return gz;
  }
  if (trace.activations == Activations::all && block > 0) {
    Buffer<T>& slope = memory.slopes[static_cast<std::size_t>(block - 1)];
    memory.v.require(size);
    slope.require(size);
    kernels::gelu_with_derivative(size, stored(trace, visit, block - 1), memory.v.data(), slope.data(),
                                  std::exchange(memory.soon, {}));
    v = memory.v.data();
  } else {
    v = chain(visit, trace, blocks);
  }
  return stored(trace, visit, block);
}

/// From gz of the block to gz of the block before it, or, from the first block, through the lift.
template <RealScalar T>
void FnoEngine<T>::block_backward(TileVisit<T>& visit, FnoTrace<T>& trace, const OutputGradient& gradient, Index block,
                                  bool wants_input_gradient) {
  ThreadMemory& memory = memory_[static_cast<std::size_t>(visit.thread)];
  const Index cells = visit.tile.cells(), width = config_.width, size = width * cells;
  memory.gz.require(size);
  memory.gv.require(size);
  const T* v = nullptr;
  const T* gz = reach_block(visit, trace, gradient, block, v);
  // What is stored for the last block still lacks the sample's factor.
  const bool lacks_factor = block == blocks_ - 1 && trace.activations != Activations::none;
  GradientSums& sums = lacks_factor ? store_.of_sample(visit.thread, visit.sample) : store_.of(visit.thread);
  const auto sample = static_cast<std::size_t>(first_sample_ + visit.sample);
  const double factor = lacks_factor && !gradient.factors.empty() ? gradient.factors[sample] : 1.0;
  kernels::add_dot_products(width, width, cells, gz, cells, v, cells, sums.pointwise(block));

  const bool in_place = trace.activations == Activations::all && block > 0;
  T* gv = in_place ? stored(trace, visit, block - 1) : memory.gv.data();
  const Index chain_length = trace.activations == Activations::none  ? 2 * blocks_ - 1 - block
                             : trace.activations == Activations::one ? block
                                                                     : 0;
  visit.synthesise(static_cast<std::size_t>(chain_length), gv);
  network_.add_pointwise_adjoint(block, factor, visit.tile, gz, memory.work, gv);
  if (block > 0) {
    kernels::multiply_elements(size, memory.slopes[static_cast<std::size_t>(block - 1)].data(), gv);
    if (trace.activations == Activations::one) std::copy_n(gv, size, stored(trace, visit, block - 1));
    visit.analyse(gv);
    return;
  }
  memory.gx.require(network_.input_size(visit.tile));
  network_.lift_backward(visit.tile, memory.x.data(), gv, memory.work, store_.of(visit.thread),
                         wants_input_gradient ? memory.gx.data() : nullptr);
  if (wants_input_gradient) visit.add_input_gradient(memory.gx.data());
}

/// Everything below the last block's gz, whose modes have been gathered.
template <RealScalar T>
void FnoEngine<T>::backward_blocks(BatchPlan& plan, FnoTrace<T>& trace, const FieldReader<T>& x,
                                   const OutputGradient& gradient, FieldWriter<T>* gx) {
  for (Index block = blocks_ - 1; block >= 0; --block) {
    const auto at = static_cast<std::size_t>(block);
    plan.pulled[at].require(plan.sweep.mode_count());
    const auto gy = plan.coupling.analyse(ModeScaling::inverse, plan.sweep, plan.gathered.data());
    plan.coupling.synthesise(ModeScaling::unit, plan.sweep, mix_backward(store_.spectral(block), trace.spectra[at], gy),
                             plan.pulled[at].data());
    trace.spectra.pop_back();
    PassFields<T> fields = backward_fields(trace, x, gradient, plan.pulled, block);
    if (block > 0) {
      fields.result = plan.gathered.data();
      fields.result_scaling = ModeScaling::inverse;
    } else {
      fields.input_gradient = gx;
    }
    run(plan, fields,
        [&](TileVisit<T>& visit) { block_backward(visit, trace, gradient, block, block == 0 && gx != nullptr); });
  }
  store_.finish(gradient.factors, first_sample_);
}

template <RealScalar T>
void FnoEngine<T>::backward(FnoTrace<T>& trace, const FieldReader<T>& x, const FieldReader<T>& gy, FieldWriter<T>* gx) {
  BatchPlan& batch_plan = plan(trace.batch);
  start(batch_plan, blocks_ + 1);
  const OutputGradient gradient{gy, true, {}};
  head_pass(batch_plan, trace, x, gradient, trace.activations != Activations::none);
  backward_blocks(batch_plan, trace, x, gradient, gx);
}

template <RealScalar T>
double FnoEngine<T>::value_and_gradient(Loss loss, double share, Index batch, Activations activations,
                                        const FieldReader<T>& x, const FieldReader<T>& target, FieldWriter<T>* gx) {
  BatchPlan& batch_plan = plan(batch);
  const Index samples = batch_plan.sweep.samples();
  start(batch_plan, 2 * blocks_ + 1);
  prepare(batch_plan, own_trace_, batch, activations);
  forward_blocks(batch_plan, own_trace_, x);
  OutputGradient gradient{target, false, {}};
  head_pass(batch_plan, own_trace_, x, gradient, false);

  LossValue value =
      loss_value(loss, store_.total_norms(callers_, batch, first_sample_), volume(config_.output_shape(batch)));
  for (double& factor : value.factors) factor *= share;
  gradient.factors = value.factors;
  const Index modes = samples > 0 ? batch_plan.sweep.mode_count() / samples : 0;
  for (Index sample = 0; sample < samples; ++sample) {
    kernels::scale(modes, static_cast<T>(value.factors[static_cast<std::size_t>(first_sample_ + sample)]),
                   batch_plan.gathered.data() + sample * modes);
  }
  backward_blocks(batch_plan, own_trace_, x, gradient, gx);
  return share * value.value;
}

#define TESSERA_INSTANTIATE(T)                                                                                       \
  template void FnoEngine<T>::backward(FnoTrace<T>&, const FieldReader<T>&, const FieldReader<T>&, FieldWriter<T>*); \
  template double FnoEngine<T>::value_and_gradient(Loss, double, Index, Activations, const FieldReader<T>&,          \
                                                   const FieldReader<T>&, FieldWriter<T>*);
TESSERA_INSTANTIATE(float)
TESSERA_INSTANTIATE(double)

}  // namespace tessera::engine
