#include "models/pipeline_stage.hpp"

#include <algorithm>
#include <string>

#include "tessera/core/error.hpp"

namespace tessera {

namespace {

std::vector<Partition> engine_partitions(const FnoConfig& config, const std::vector<Partition>& stages) {
  std::vector<Partition> list;
  for (const Partition& stage : stages) list.push_back(engine::engine_ranks(config.grid, stage));
  return list;
}

Index stage_of_this_rank(const std::vector<Partition>& stages) {
  Index number = 0;
  while (!stages[static_cast<std::size_t>(number)].active()) ++number;
  return number;
}

Range blocks_of(const FnoConfig& config, const std::vector<Partition>& stages, Index number) {
  return balanced_range(config.blocks, static_cast<Index>(stages.size()), number);
}

/// The communicator of a stage's ranks alone.
const Communicator& ranks_of(const Partition& stage) { return stage.communicator()->among(stage.ranks()); }

}  // namespace

template <RealScalar T>
PipelineFno<T>::Stage::Stage(const FnoConfig& config, const std::vector<Partition>& stages, FnoLayers<T>& layers)
    : config_(config),
      ranks_(engine_partitions(config, stages)),
      number_(stage_of_this_rank(stages)),
      engine_(engine::part_of(config, blocks_of(config, stages, number_)), stages[static_cast<std::size_t>(number_)],
              ranks_of(stages[static_cast<std::size_t>(number_)]), layers.weights(blocks_of(config, stages, number_))) {
  if (!engine_.serves()) {
    throw ConfigError("PipelineFno: " + engine_.why_not());
  }
  // Without a thread of its own, MPI moves long messages only while it is called.
  engine_.passes().set_progress([this](double) {
    for (const auto& entry : links_) entry.second->progress();
  });
}

template <RealScalar T>
const SendReceive<T>& PipelineFno<T>::Stage::link(Index from, Index samples) {
  auto& entry = links_[{from, samples}];
  if (!entry) {
    Shape shape{samples, config_.width};
    shape.insert(shape.end(), config_.grid.begin(), config_.grid.end());
    const auto at = static_cast<std::size_t>(from);
    entry = std::make_unique<const SendReceive<T>>(shape, ranks_[at], ranks_[at + 1], "Pipeline");
  }
  return *entry;
}

template <RealScalar T>
DistTensor<T> PipelineFno<T>::Stage::input(const MicroBatches& batches, const DistTensor<T>& x, Index m) {
  const Index samples = batches.size(m);
  if (!is_first()) {
    const SendReceive<T>& from = link(number_ - 1, samples);
    return from.forward(DistTensor<T>(from.domain()));
  }
  DistTensor<T> mine = batches.take(x, m);
  const auto& move = engine_.moves(samples).input;
  return move ? move->forward(mine) : std::move(mine);
}

template <RealScalar T>
void PipelineFno<T>::Stage::forward(Activations activations, const MicroBatches& batches, const DistTensor<T>& x,
                                    DistTensor<T>& y) {
  for (Index m = 0; m < batches.count(); ++m) {
    const DistTensor<T> v = input(batches, x, m);
    const Index samples = batches.size(m);
    DistTensor<T> out(is_last() ? engine_.moves(samples).output_space : link(number_, samples).domain());
    TensorWriter<T> writer(out);
    engine_.passes().forward(samples, activations, TensorReader<T>(v), writer, nullptr);
    if (!is_last()) {
      link(number_, samples).forward(out);
      continue;
    }
    const auto& move = engine_.moves(samples).output;
    batches.put(move ? move->forward(out) : std::move(out), m, y);
  }
}

template <RealScalar T>
auto PipelineFno<T>::Stage::forward(Activations activations, const MicroBatches& batches, const DistTensor<T>& x,
                                    Index m) -> Forwarded {
  const Index samples = batches.size(m);
  Forwarded result{input(batches, x, m), engine_.take_trace()};
  DistTensor<T> v(link(number_, samples).domain());
  TensorWriter<T> writer(v);
  engine_.passes().forward(samples, activations, TensorReader<T>(result.input), writer, result.trace.get());
  link(number_, samples).forward(v);
  return result;
}

template <RealScalar T>
void PipelineFno<T>::Stage::backward(const Forwarded& forwarded, Index samples) {
  const SendReceive<T>& to = link(number_, samples);
  const DistTensor<T> gy = to.adjoint(DistTensor<T>(to.range()));
  const TensorReader<T> x_reader(forwarded.input), gy_reader(gy);
  if (is_first()) {
    engine_.passes().backward(*forwarded.trace, x_reader, gy_reader, nullptr);
    return;
  }
  DistTensor<T> gx(forwarded.input.space());
  TensorWriter<T> writer(gx);
  engine_.passes().backward(*forwarded.trace, x_reader, gy_reader, &writer);
  link(number_ - 1, samples).adjoint(gx);
}

/// Forward and backward at once, on the last stage.
template <RealScalar T>
double PipelineFno<T>::Stage::both_ways(Loss loss, Activations activations, const MicroBatches& batches,
                                        const DistTensor<T>& x, const DistTensor<T>& target, Index m) {
  const Index samples = batches.size(m);
  const double share = static_cast<double>(samples) / static_cast<double>(target.shape()[0]);
  const DistTensor<T> v = input(batches, x, m);
  DistTensor<T> wanted = batches.take(target, m);
  const auto& move = engine_.moves(samples).output;
  if (move) wanted = move->adjoint(wanted);
  const TensorReader<T> v_reader(v), target_reader(wanted);
  if (is_first()) {
    return engine_.passes().value_and_gradient(loss, share, samples, activations, v_reader, target_reader, nullptr);
  }
  DistTensor<T> gx(v.space());
  TensorWriter<T> writer(gx);
  const double value =
      engine_.passes().value_and_gradient(loss, share, samples, activations, v_reader, target_reader, &writer);
  link(number_ - 1, samples).adjoint(gx);
  return value;
}

template <RealScalar T>
double PipelineFno<T>::Stage::value_and_gradient(Loss loss, Activations activations, PipelineSchedule schedule,
                                                 const MicroBatches& batches, const DistTensor<T>& x,
                                                 const DistTensor<T>& target) {
  const Index count = batches.count();
  double value = 0.0;
  if (is_last()) {
    for (Index m = 0; m < count; ++m) value += both_ways(loss, activations, batches, x, target, m);
    return value;
  }
  const Index most = schedule == PipelineSchedule::gpipe ? count : static_cast<Index>(ranks_.size()) - number_;
  std::vector<std::unique_ptr<const Forwarded>> kept(static_cast<std::size_t>(count));
  Index started = 0;
  for (Index m = 0; m < count; ++m) {
    for (; started < std::min(count, m + most); ++started) {
      kept[static_cast<std::size_t>(started)] =
          std::make_unique<const Forwarded>(forward(activations, batches, x, started));
    }
    backward(*kept[static_cast<std::size_t>(m)], batches.size(m));
    kept[static_cast<std::size_t>(m)].reset();
  }
  return value;
}

template class PipelineFno<float>::Stage;
template class PipelineFno<double>::Stage;

}  // namespace tessera
