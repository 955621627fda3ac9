#include "models/engine/fno_engine.hpp"

#include <algorithm>
#include <utility>

#include "kernels/activation.hpp"
#include "models/engine/engine_memory.hpp"
#include "tessera/core/threads.hpp"

namespace tessera::engine {

template <RealScalar T>
FnoEngine<T>::FnoEngine(const FnoPart& part, const Partition& ranks, const Communicator& callers,
                        const FnoWeights<T>& weights)
    : config_(part.config),
      ranks_(ranks),
      callers_(callers),
      blocks_(part.config.blocks),
      store_(part, ranks, weights),
      network_(part, ranks.tile(part.config.output_shape(1)).start.back()) {}

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
    entry.reset(new BatchPlan{part,
                              Sweep<T>(part, config_.width, config_.in_channels, config_.in_steps, config_.out_channels,
                                       transform->first_lines()),
                              SpectralCoupling<T>(transform, store_.spectral(0).use_space().partition),
                              {},
                              std::vector<Buffer<T>>(static_cast<std::size_t>(blocks_))});
    entry->gathered.require(entry->sweep.mode_count());
  }
  return *entry;
}

/// Before the first of `passes` passes: memory for the threads, the weights' values, and sums set to zero.
template <RealScalar T>
void FnoEngine<T>::start(const BatchPlan& plan, Index passes) {
  first_sample_ = plan.part.start[0];
  passes_ = passes;
  passes_done_ = 0;
  memory_.resize(static_cast<std::size_t>(thread_count()));
  for (ThreadMemory& memory : memory_) memory.slopes.resize(static_cast<std::size_t>(blocks_));
  store_.start(thread_count(), plan.sweep.samples());
  network_.set_weights(store_.fetch());
}

template <RealScalar T>
void FnoEngine<T>::run(BatchPlan& plan, const PassFields<T>& fields, const std::function<void(TileVisit<T>&)>& visit) {
  const auto after_group = [this](double done) {
    if (progress_) progress_((static_cast<double>(passes_done_) + done) / static_cast<double>(passes_));
  };
  callers_.together([&] { plan.sweep.run(fields, visit, after_group); });
  ++passes_done_;
}

template <RealScalar T>
void FnoEngine<T>::prepare(const BatchPlan& plan, FnoTrace<T>& trace, Index batch, Activations activations) const {
  trace.batch = batch;
  trace.activations = activations;
  trace.spectra.clear();
  const Index cells = plan.sweep.samples() * plan.sweep.tiling().cells() * config_.width;
  trace.stored.resize(static_cast<std::size_t>(activations == Activations::all   ? blocks_
                                               : activations == Activations::one ? 1
                                                                                 : 0));
  for (Buffer<T>& buffer : trace.stored) buffer.require(cells);
  trace.synthesised.resize(static_cast<std::size_t>(blocks_));
  for (Buffer<T>& buffer : trace.synthesised) buffer.require(plan.sweep.mode_count());
}

/// The tile's place in what is stored for a block. Until z of the last block takes its place, the last block's (or
/// only) buffer holds the v that the next pass begins with.
template <RealScalar T>
T* FnoEngine<T>::stored(const FnoTrace<T>& trace, const TileVisit<T>& visit, Index block) {
  const std::size_t buffer = trace.activations == Activations::all ? static_cast<std::size_t>(block) : 0;
  const Index cells = plans_.at(trace.batch)->sweep.tiling().cells();
  return const_cast<T*>(trace.stored[buffer].data()) + (visit.sample * cells + visit.tile.offset) * config_.width;
}

/// What the thread's next tile has stored for these blocks will be needed soon: it lies behind this tile's.
template <RealScalar T>
void FnoEngine<T>::expect_next(const FnoTrace<T>& trace, const TileVisit<T>& visit, Index block, Index other_block) {
  if (trace.activations == Activations::none) return;
  const Index size = config_.width * visit.tile.cells();
  memory_[static_cast<std::size_t>(visit.thread)].soon = {stored(trace, visit, block) + size,
                                                          stored(trace, visit, other_block) + size};
}

/// v_end. The pass's first sources must be those of the chain's blocks.
template <RealScalar T>
const T* FnoEngine<T>::chain(TileVisit<T>& visit, FnoTrace<T>& trace, const Chain& blocks) {
  ThreadMemory& memory = memory_[static_cast<std::size_t>(visit.thread)];
  const Index size = config_.width * visit.tile.cells();
  for (Buffer<T>* buffer : {&memory.v, &memory.kept_v, &memory.z}) buffer->require(size);
  const auto place = [&](Index block) {
    if (blocks.store && block == blocks.end) return stored(trace, visit, blocks_ - 1);
    return block == blocks.kept_v ? memory.kept_v.data() : memory.v.data();
  };
  T* v = nullptr;
  if (blocks.from_stored) {
    v = stored(trace, visit, blocks_ - 1);
  } else {
    v = place(0);
    memory.x.require(network_.input_size(visit.tile));
    visit.get_input(memory.x.data());
    network_.lift(visit.tile, memory.x.data(), blocks.lift_slopes, std::exchange(memory.soon, {}), memory.work, v);
  }
  for (Index block = blocks.begin; block < blocks.end; ++block) {
    T* z = blocks.store_z && block + 1 == blocks.end ? stored(trace, visit, block) : memory.z.data();
    visit.synthesise(static_cast<std::size_t>(block - blocks.begin), z);
    network_.add_pointwise(block, visit.tile, v, z);
    v = place(block + 1);
    if (block >= blocks.first_slope) {
      Buffer<T>& slope = memory.slopes[static_cast<std::size_t>(block)];
      slope.require(size);
      kernels::gelu_with_derivative(size, z, v, slope.data(), std::exchange(memory.soon, {}));
    } else {
      kernels::gelu(size, z, v, std::exchange(memory.soon, {}));
    }
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
    run(plan, fields, [&](TileVisit<T>& visit) {
      expect_next(trace, visit, blocks_ - 1, std::max<Index>(block - 1, 0));
      visit.analyse(chain(visit, trace, blocks));
    });
    trace.spectra.push_back(plan.coupling.analyse(ModeScaling::unit, plan.sweep, plan.gathered.data()));
    plan.coupling.synthesise(ModeScaling::inverse, plan.sweep, mix(store_.spectral(block), trace.spectra.back()),
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
  const Chain blocks = last_block(kept);
  PassFields<T> fields = chain_fields(kept, x, blocks);
  fields.output = &y;
  run(batch_plan, fields, [&](TileVisit<T>& visit) {
    ThreadMemory& memory = memory_[static_cast<std::size_t>(visit.thread)];
    expect_next(kept, visit, blocks_ - 1, blocks_ - 1);
    const T* v = chain(visit, kept, blocks);
    if (trace != nullptr && blocks.from_stored) {
      std::copy_n(memory.z.data(), config_.width * visit.tile.cells(), stored(kept, visit, blocks_ - 1));
    }
    memory.y.require(config_.out_channels * visit.tile.cells());
    network_.project(visit.tile, v, memory.work, memory.y.data());
    visit.put_output(memory.y.data());
  });
  if (trace == nullptr) own_trace_.spectra.clear();
}

template class FnoEngine<float>;
template class FnoEngine<double>;

}  // namespace tessera::engine
