#include "models/engine/fno_engine.hpp"

#include <algorithm>

#include "models/engine/engine_plan.hpp"

namespace tessera::engine {

template <RealScalar T>
FnoEngine<T>::FnoEngine(const FnoPart& part, const Partition& ranks, const Communicator& callers,
                        const FnoWeights<T>& weights)
    : config_(part.config),
      ranks_(ranks),
      callers_(callers),
      blocks_(part.config.blocks),
      store_(part, ranks, weights),
      backend_(make_backend<T>(part, ranks, store_)) {}

template <RealScalar T>
FnoEngine<T>::~FnoEngine() = default;

template <RealScalar T>
auto FnoEngine<T>::plan(Index batch) -> BatchPlan& {
  auto& entry = plans_[batch];
  if (!entry) {
    const auto transform = std::make_shared<const PlannedTransform<T>>(
        plan_transform(batch, config_.width, SpectralGrid(config_.grid, config_.modes), ranks_.grid(),
                       config_.schedule),
        ranks_);
    const Box part = ranks_.tile(config_.output_shape(batch));
    entry.reset(new BatchPlan{backend_->sweep(part, transform->first_lines()),
                              SpectralCoupling<T>(transform, store_.spectral(0).use_space().partition),
                              part.start[0],
                              {},
                              std::vector<Storage<T>>(static_cast<std::size_t>(blocks_)),
                              Storage<double>(device(), part.extent[0])});
    require(device(), entry->sweep->mode_count(), entry->gathered);
  }
  return *entry;
}

/// Before the first of `passes` passes: the weights' values, and sums set to zero.
template <RealScalar T>
void FnoEngine<T>::start(const BatchPlan& plan, Index passes) {
  first_sample_ = plan.first_sample;
  passes_ = passes;
  passes_done_ = 0;
  backend_->start(store_.fetch(), plan.sweep->samples());
}

template <RealScalar T>
void FnoEngine<T>::run(BatchPlan& plan, const PassFields<T>& fields, const Visit& visit) {
  const auto after_group = [this](double done) {
    if (progress_) progress_((static_cast<double>(passes_done_) + done) / static_cast<double>(passes_));
  };
  callers_.together([&] { plan.sweep->run(fields, visit, after_group); });
  ++passes_done_;
}

template <RealScalar T>
void FnoEngine<T>::prepare(const BatchPlan& plan, FnoTrace<T>& trace, Index batch, Activations activations) const {
  trace.batch = batch;
  trace.activations = activations;
  trace.spectra.clear();
  const Index cells = plan.sweep->samples() * plan.sweep->cells() * config_.width;
  trace.stored.resize(static_cast<std::size_t>(activations == Activations::all   ? blocks_
                                               : activations == Activations::one ? 1
                                                                                 : 0));
  for (Storage<std::byte>& stored : trace.stored) require(device(), cells * backend_->stored_bytes(), stored);
  trace.synthesised.resize(static_cast<std::size_t>(blocks_));
  for (Storage<T>& modes : trace.synthesised) require(device(), plan.sweep->mode_count(), modes);
}

/// See PassFields::identity; `pass` tells the passes of this engine apart.
template <RealScalar T>
std::vector<std::uint64_t> FnoEngine<T>::identity(const FnoTrace<T>& trace, std::initializer_list<Index> pass) const {
  std::vector<std::uint64_t> result(pass.begin(), pass.end());
  result.push_back(static_cast<std::uint64_t>(trace.activations));
  for (const Storage<std::byte>& stored : trace.stored) {
    result.push_back(reinterpret_cast<std::uintptr_t>(stored.data()));
  }
  return result;
}

/// The tile's place in what is stored for a block. Until z of the last block takes its place, the last block's (or
/// only) buffer holds the v that the next pass begins with.
template <RealScalar T>
TileValues<T> FnoEngine<T>::stored(FnoTrace<T>& trace, const EngineTile<T>& tile, Index block) const {
  const std::size_t buffer = trace.activations == Activations::all ? static_cast<std::size_t>(block) : 0;
  return {reinterpret_cast<T*>(trace.stored[buffer].data() + tile.offset() * backend_->stored_bytes()), true};
}

/// What the next tile has stored for these blocks will be needed soon.
template <RealScalar T>
void FnoEngine<T>::expect_next(FnoTrace<T>& trace, EngineTile<T>& tile, Index block, Index other_block) const {
  if (trace.activations == Activations::none) return;
  tile.expect(stored(trace, tile, block), stored(trace, tile, other_block));
}

/// v_end. The pass's first sources must be those of the chain's blocks.
template <RealScalar T>
TileValues<T> FnoEngine<T>::chain(EngineTile<T>& tile, FnoTrace<T>& trace, const Chain& blocks) const {
  const auto place = [&](Index block) -> TileValues<T> {
    if (blocks.store && block == blocks.end) return stored(trace, tile, blocks_ - 1);
    return block == blocks.kept_v ? tile.kept_v() : TileValues<T>{};
  };
  TileValues<T> v = blocks.from_stored ? stored(trace, tile, blocks_ - 1) : tile.lift(blocks.lift_slopes, place(0));
  for (Index block = blocks.begin; block < blocks.end; ++block) {
    const TileValues<T> z = blocks.store_z && block + 1 == blocks.end ? stored(trace, tile, block) : TileValues<T>{};
    v = tile.block(block, static_cast<std::size_t>(block - blocks.begin), v, z, place(block + 1),
                   block >= blocks.first_slope);
  }
  return v;
}

/// What a chain reads.
template <RealScalar T>
PassFields<T> FnoEngine<T>::chain_fields(const FnoTrace<T>& trace, const FieldReader<T>& x, const Chain& blocks) const {
  PassFields<T> fields;
  if (!blocks.from_stored) fields.input = &x;
  for (Index block = blocks.begin; block < blocks.end; ++block) {
    fields.sources.push_back({trace.synthesised[static_cast<std::size_t>(block)].data(), ModeScaling::inverse});
  }
  return fields;
}

/// The modes of every block. Stored are then z of all blocks but the last (with Activations::all) and v of the last.
template <RealScalar T>
void FnoEngine<T>::forward_blocks(BatchPlan& plan, FnoTrace<T>& trace, const FieldReader<T>& x) {
  const bool storing = trace.activations != Activations::none;
  for (Index block = 0; block < blocks_; ++block) {
    Chain blocks{.end = block, .store = storing};
    if (storing && block > 0) {
      blocks.begin = block - 1;
      blocks.from_stored = true;
      blocks.store_z = trace.activations == Activations::all;
    }
    PassFields<T> fields = chain_fields(trace, x, blocks);
    fields.result = plan.gathered.data();
    fields.identity = identity(trace, {1, block});
    run(plan, fields, [&](EngineTile<T>& tile) {
      expect_next(trace, tile, blocks_ - 1, std::max<Index>(block - 1, 0));
      tile.analyse(chain(tile, trace, blocks));
    });
    trace.spectra.push_back(plan.coupling.analyse(ModeScaling::unit, *plan.sweep, plan.gathered.data()));
    plan.coupling.synthesise(ModeScaling::inverse, *plan.sweep, mix(store_.spectral(block), trace.spectra.back()),
                             trace.synthesised[static_cast<std::size_t>(block)].data());
  }
}

/// To v_L after forward_blocks.
template <RealScalar T>
auto FnoEngine<T>::last_block(const FnoTrace<T>& trace) const -> Chain {
  const bool storing = trace.activations != Activations::none;
  return {.begin = storing ? blocks_ - 1 : 0, .end = blocks_, .from_stored = storing};
}

template <RealScalar T>
void FnoEngine<T>::forward(Index batch, Activations activations, const FieldReader<T>& x, FieldWriter<T>& y,
                           FnoTrace<T>* trace) {
  BatchPlan& batch_plan = plan(batch);
  start(batch_plan, blocks_ + 1);
  if (trace == nullptr && activations == Activations::all) activations = Activations::one;
  FnoTrace<T>& kept = trace != nullptr ? *trace : own_trace_;
  prepare(batch_plan, kept, batch, activations);
  forward_blocks(batch_plan, kept, x);
  Chain blocks = last_block(kept);
  blocks.store_z = trace != nullptr && blocks.from_stored;
  PassFields<T> fields = chain_fields(kept, x, blocks);
  fields.output = &y;
  fields.identity = identity(kept, {2, blocks.store_z});
  run(batch_plan, fields, [&](EngineTile<T>& tile) {
    expect_next(kept, tile, blocks_ - 1, blocks_ - 1);
    tile.project(chain(tile, kept, blocks));
  });
  if (trace == nullptr) own_trace_.spectra.clear();
}

template class FnoEngine<float>;
template class FnoEngine<double>;

}  // namespace tessera::engine
