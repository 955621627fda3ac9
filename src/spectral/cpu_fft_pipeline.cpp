#include "spectral/cpu_fft_pipeline.hpp"

#include <algorithm>
#include <utility>

namespace tessera {

namespace {

/// Axes whose lines need more than this together are transformed in several passes, so that a chunk stays in cache.
constexpr Index kLargestChunkBytes = Index{768} << 10;

}  // namespace

template <Scalar Cell>
CpuFftPipeline<Cell>::CpuFftPipeline(const Shape& shape, std::size_t grid_axes, const Partition& partition,
                                     const DistributedFftOptions& options)
    : shape_(shape),
      modes_(kReal ? half_spectrum(shape) : shape),
      partition_(partition),
      stages_(plan_fft_stages(shape, grid_axes, kReal, partition.grid(), options.order)),
      inverse_weights_(doubled_factors(grid_axes, FftBackward::inverse)) {
  if (kReal) adjoint_weights_ = doubled_factors(grid_axes, FftBackward::adjoint);
  std::vector<Draft> forward = draft_forward();
  std::vector<Draft> backward = draft_backward();
  assign_slots(forward);
  assign_slots(backward);
  set_memory_aside(forward, backward, options.exchange);
  partition.communicator()->together([&] {
    forward_ = make_steps(forward, true, options.planning);
    backward_ = make_steps(backward, false, options.planning);
  });
}

template <Scalar Cell>
TensorSpace CpuFftPipeline<Cell>::space(const Partition& partition, bool reals) const {
  return {reals ? shape_ : modes_, partition};
}

template <Scalar Cell>
void CpuFftPipeline<Cell>::add_passes(std::vector<Draft>& drafts, const Partition& partition,
                                      std::vector<std::size_t> axes, bool forward, bool real_tile) const {
  std::sort(axes.rbegin(), axes.rend());
  const bool has_real_axis = kReal && !axes.empty() && axes.front() == shape_.size() - 1;
  // Every rank has to make the same passes: the largest tile decides.
  const Shape largest = partition.grid().tile(modes_, 0).extent;
  std::vector<std::vector<std::size_t>> passes{{}};
  for (const std::size_t axis : axes) {
    std::vector<std::size_t> longer = passes.back();
    longer.push_back(axis);
    if (longer.size() == 1 || FftPass<T>::smallest_chunk_bytes(largest, longer) <= kLargestChunkBytes) {
      passes.back() = std::move(longer);
    } else {
      passes.push_back({axis});
    }
  }
  if (!forward) std::reverse(passes.begin(), passes.end());
  for (std::size_t i = 0; i < passes.size(); ++i) {
    const bool changes = has_real_axis && i == (forward ? 0 : passes.size() - 1);
    drafts.push_back({partition, passes[i], real_tile, real_tile != changes, std::nullopt});
    real_tile = real_tile != changes;
  }
}

template <Scalar Cell>
auto CpuFftPipeline<Cell>::draft_forward() const -> std::vector<Draft> {
  std::vector<Draft> drafts;
  bool reals = kReal;
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    add_passes(drafts, stage_partition(stages_[i], partition_), stages_[i].axes, true, reals);
    reals = drafts.back().real_out;
    if (i + 1 < stages_.size()) drafts.back().next = stage_partition(stages_[i + 1], partition_);
  }
  return drafts;
}

template <Scalar Cell>
auto CpuFftPipeline<Cell>::draft_backward() const -> std::vector<Draft> {
  std::vector<Draft> drafts;
  bool reals = false;
  for (std::size_t i = stages_.size(); i-- > 0;) {
    add_passes(drafts, stage_partition(stages_[i], partition_), stages_[i].axes, false, reals);
    reals = drafts.back().real_out;
    if (i > 0) drafts.back().next = stage_partition(stages_[i - 1], partition_);
  }
  return drafts;
}

/// Steps alternate between two memories; a local complex pass over one of them works in place.
template <Scalar Cell>
void CpuFftPipeline<Cell>::assign_slots(std::vector<Draft>& drafts) {
  int current = kOutput;
  for (std::size_t i = 0; i + 1 < drafts.size(); ++i) {
    Draft& draft = drafts[i];
    const bool in_place = !draft.next && !draft.real_in && !draft.real_out && current != kOutput;
    if (!in_place) current = current == 0 ? 1 : 0;
    draft.slot = current;
  }
}

template <Scalar Cell>
void CpuFftPipeline<Cell>::set_memory_aside(const std::vector<Draft>& forward, const std::vector<Draft>& backward,
                                            FftExchange exchange) {
  std::vector<Index> bytes;
  for (const auto* drafts : {&forward, &backward}) {
    for (const Draft& draft : *drafts) {
      if (draft.slot == kOutput) continue;
      const auto slot = static_cast<std::size_t>(draft.slot);
      bytes.resize(std::max(bytes.size(), slot + 1));
      const Index cells = space(draft.next.value_or(draft.partition), draft.real_out).tile().volume();
      bytes[slot] = std::max(bytes[slot], cells * static_cast<Index>(draft.real_out ? sizeof(T) : sizeof(Complex)));
    }
  }
  const Communicator& communicator = *partition_.communicator();
  const auto allocate = [&](bool shared) {
    slots_.clear();
    ranks_ = std::make_unique<const NodeRanks>(communicator, shared);
    for (const Index size : bytes) slots_.push_back(std::make_unique<const NodeMemory>(*ranks_, size));
  };
  const bool share = exchange == FftExchange::automatic && stages_.size() > 1;
  bool granted = share;
  try {
    if (share) allocate(true);
  } catch (const MpiError&) {
    granted = false;
  }
  if (communicator.all_min(granted ? 1 : 0) == 0) communicator.together([&] { allocate(false); });
}

template <Scalar Cell>
auto CpuFftPipeline<Cell>::make_steps(const std::vector<Draft>& drafts, bool forward, FftPlanning planning) const
    -> std::vector<Step> {
  std::vector<Step> steps;
  bool weighted = !forward;
  for (const Draft& draft : drafts) {
    const bool transforms_reals = draft.real_in != draft.real_out;
    const TensorSpace tile = space(draft.partition, draft.real_in || draft.real_out);
    const bool weighs = weighted && !draft.axes.empty();
    Step step{FftPass<T>({tile.tile().extent, draft.axes, transforms_reals, forward, weighs, !draft.next, planning}),
              tile_entries(tile.tile().start),
              weighs,
              draft.real_in,
              draft.real_out,
              draft.slot,
              nullptr,
              nullptr};
    weighted = weighted && !weighs;
    if (draft.next) {
      const TensorSpace from = space(draft.partition, draft.real_out);
      const TensorSpace to = space(*draft.next, draft.real_out);
      const auto& memory = *slots_[static_cast<std::size_t>(draft.slot)];
      if (draft.real_out) {
        step.move_reals = std::make_unique<const TileExchange<T>>(from, to, *ranks_, memory);
      } else {
        step.move_modes = std::make_unique<const TileExchange<Complex>>(from, to, *ranks_, memory);
      }
    }
    steps.push_back(std::move(step));
  }
  return steps;
}

template <Scalar Cell>
auto CpuFftPipeline<Cell>::doubled_factors(std::size_t grid_axes, FftBackward kind) const -> std::vector<T> {
  std::vector<T> twice;
  for (const double factor : backward_factors(shape_, grid_axes, kReal, kind)) {
    twice.insert(twice.end(), 2, static_cast<T>(factor));
  }
  return twice;
}

template <Scalar Cell>
template <class In, class Out>
const void* CpuFftPipeline<Cell>::run_step(const Step& step, const void* source, const T* weights, void* output) const {
  using Store = typename FftPass<T>::template Store<Out>;
  const T* factors = step.weighted && weights != nullptr ? weights + 2 * step.start[modes_.size() - 1] : nullptr;
  const auto* in = static_cast<const In*>(source);
  const TileExchange<Out>* exchange = nullptr;
  if constexpr (std::same_as<Out, T>) {
    exchange = step.move_reals.get();
  } else {
    exchange = step.move_modes.get();
  }
  if (exchange != nullptr) {
    exchange->begin();
    const Store store = [&](TileBox chunk, const Out* values, const TileEntries& strides) {
      for (std::size_t axis = 0; axis < chunk.axes; ++axis) chunk.start[axis] += step.start[axis];
      exchange->store(chunk, values, strides);
    };
    step.pass.run(in, factors, store, static_cast<Out*>(nullptr));
    return exchange->finish();
  }
  auto* tile = static_cast<Out*>(
      step.slot == kOutput ? output : static_cast<void*>(slots_[static_cast<std::size_t>(step.slot)]->own()));
  const TileEntries strides = tile_entries(step.pass.out_strides());
  const bool past_caches = exceeds_cache<Out>(volume(step.pass.out_extent()));
  const Store store = [&](const TileBox& chunk, const Out* values, const TileEntries& from) {
    store_in_tile(chunk, values, from, tile + chunk.offset({}, strides), strides, past_caches);
  };
  step.pass.run(in, factors, store, tile);
  return tile;
}

template <Scalar Cell>
template <class In, class Out>
void CpuFftPipeline<Cell>::run(const std::vector<Step>& steps, const In* source, const T* weights, Out* output) const {
  const void* tile = source;
  for (const Step& step : steps) {
    if (step.real_in && step.real_out) {
      tile = run_step<T, T>(step, tile, weights, output);
    } else if (step.real_in) {
      tile = run_step<T, Complex>(step, tile, weights, output);
    } else if (step.real_out) {
      tile = run_step<Complex, T>(step, tile, weights, output);
    } else {
      tile = run_step<Complex, Complex>(step, tile, weights, output);
    }
  }
}

template <Scalar Cell>
void CpuFftPipeline<Cell>::forward(const DistTensor<Cell>& x, DistTensor<Complex>& y) const {
  run(forward_, x.data(), nullptr, y.data());
}

template <Scalar Cell>
void CpuFftPipeline<Cell>::backward(FftBackward kind, const DistTensor<Complex>& y, DistTensor<Cell>& x) const {
  const std::vector<T>& factors = kind == FftBackward::inverse ? inverse_weights_ : adjoint_weights_;
  run(backward_, y.data(), factors.empty() ? nullptr : factors.data(), x.data());
}

template <Scalar Cell>
std::string CpuFftPipeline<Cell>::describe() const {
  return tessera::describe(stages_, ranks_->node().size() > 1 ? ", through shared memory on a node" : "");
}

template class CpuFftPipeline<float>;
template class CpuFftPipeline<double>;
template class CpuFftPipeline<std::complex<float>>;
template class CpuFftPipeline<std::complex<double>>;

}  // namespace tessera
