#include <algorithm>

#include "core/run_on.hpp"
#include "kernels/elementwise.hpp"
#include "models/engine/engine_plan.hpp"

namespace tessera::engine {

/// Where to find what the sample's error is to be multiplied by; null while that is not known.
template <RealScalar T>
const double* FnoEngine<T>::factor_of(const OutputGradient& gradient, const EngineTile<T>& tile) {
  return gradient.own_factors == nullptr ? nullptr : gradient.own_factors + tile.sample();
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
  fields.identity = identity(trace, {3, has_last, gradient.given});
  run(plan, fields, [&](EngineTile<T>& tile) {
    expect_next(trace, tile, last, last);
    const TileValues<T> v =
        has_last ? tile.activate(last, stored(trace, tile, last), false) : chain(tile, trace, blocks);
    const TileValues<T> place = storing ? stored(trace, tile, last) : TileValues<T>{};
    tile.analyse(tile.head_backward({gradient.given, nullptr}, v, true, place));
  });
}

/// What the backward pass of a block reads, in the order block_backward and reach_block expect.
template <RealScalar T>
PassFields<T> FnoEngine<T>::backward_fields(const FnoTrace<T>& trace, const FieldReader<T>& x,
                                            const OutputGradient& gradient, const std::vector<Storage<T>>& pulled,
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
TileValues<T> FnoEngine<T>::reach_block(EngineTile<T>& tile, FnoTrace<T>& trace, const OutputGradient& gradient,
                                        Index block, TileValues<T>& v) const {
  expect_next(trace, tile, block, std::max<Index>(block - 1, 0));
  Chain blocks{.end = block, .lift_slopes = block == 0, .first_slope = std::max<Index>(block - 1, 0)};
  if (trace.activations == Activations::none) {
    blocks.end = blocks_;
    blocks.kept_v = block;
    const TileValues<T> last_v = chain(tile, trace, blocks);
    v = tile.kept_v();
    TileValues<T> gz = tile.head_backward({gradient.given, factor_of(gradient, tile)}, last_v, false, {});
    for (Index from = blocks_ - 1; from > block; --from) {
      gz = tile.pull_back(from, static_cast<std::size_t>(blocks_ + (blocks_ - 1 - from)), nullptr, gz, {});
    }
    return gz;
  }
  v = trace.activations == Activations::all && block > 0
          ? tile.activate(block - 1, stored(trace, tile, block - 1), true)
          : chain(tile, trace, blocks);
  return tile.exact(stored(trace, tile, block));
}

/// From gz of the block to gz of the block before it, or, from the first block, through the lift.
template <RealScalar T>
void FnoEngine<T>::block_backward(EngineTile<T>& tile, FnoTrace<T>& trace, const OutputGradient& gradient, Index block,
                                  bool wants_input_gradient) const {
  TileValues<T> v;
  const TileValues<T> gz = reach_block(tile, trace, gradient, block, v);
  // What is stored for the last block still lacks the sample's factor.
  const bool storing = trace.activations != Activations::none;
  const bool lacks_factor = block == blocks_ - 1 && storing;
  tile.add_weight_gradient(block, gz, v, lacks_factor);

  const Index chain_length = trace.activations == Activations::none  ? 2 * blocks_ - 1 - block
                             : trace.activations == Activations::one ? block
                                                                     : 0;
  const TileValues<T> place = storing && block > 0 ? stored(trace, tile, block - 1) : TileValues<T>{};
  const TileValues<T> gv = tile.pull_back(block, static_cast<std::size_t>(chain_length),
                                          lacks_factor ? factor_of(gradient, tile) : nullptr, gz, place);
  if (block > 0) {
    tile.analyse(gv);
  } else {
    tile.lift_backward(gv, wants_input_gradient);
  }
}

/// Everything below the last block's gz, whose modes have been gathered.
template <RealScalar T>
void FnoEngine<T>::backward_blocks(BatchPlan& plan, FnoTrace<T>& trace, const FieldReader<T>& x,
                                   const OutputGradient& gradient, FieldWriter<T>* gx) {
  for (Index block = blocks_ - 1; block >= 0; --block) {
    const auto at = static_cast<std::size_t>(block);
    require(device(), plan.sweep->mode_count(), plan.pulled[at]);
    const auto gy = plan.coupling.analyse(ModeScaling::inverse, *plan.sweep, plan.gathered.data());
    plan.coupling.synthesise(ModeScaling::unit, *plan.sweep,
                             mix_backward(store_.spectral(block), trace.spectra[at], gy), plan.pulled[at].data());
    trace.spectra.pop_back();
    PassFields<T> fields = backward_fields(trace, x, gradient, plan.pulled, block);
    if (block > 0) {
      fields.result = plan.gathered.data();
      fields.result_scaling = ModeScaling::inverse;
    } else {
      fields.input_gradient = gx;
    }
    fields.identity = identity(trace, {4, block, gx != nullptr, gradient.given});
    fields.identity.push_back(reinterpret_cast<std::uintptr_t>(gradient.own_factors));
    run(plan, fields,
        [&](EngineTile<T>& tile) { block_backward(tile, trace, gradient, block, block == 0 && gx != nullptr); });
  }
  backend_->collect();
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
  const Index samples = batch_plan.sweep->samples();
  start(batch_plan, 2 * blocks_ + 1);
  prepare(batch_plan, own_trace_, batch, activations);
  forward_blocks(batch_plan, own_trace_, x);
  OutputGradient gradient{target, false, {}};
  head_pass(batch_plan, own_trace_, x, gradient, false);

  backend_->collect();
  LossValue value =
      loss_value(loss, store_.total_norms(callers_, batch, first_sample_), volume(config_.output_shape(batch)));
  for (double& factor : value.factors) factor *= share;
  gradient.factors = value.factors;
  gradient.own_factors = batch_plan.factors.data();
  copy_values<double>(device(), samples, value.factors.data() + first_sample_, batch_plan.factors.data());
  const Index modes = samples > 0 ? batch_plan.sweep->mode_count() / samples : 0;
  run_on(device(), [&](const auto&... stream) {
    kernels::scale_rows<T>(stream..., samples, modes, gradient.own_factors, batch_plan.gathered.data());
  });
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
