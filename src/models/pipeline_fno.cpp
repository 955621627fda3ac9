#include "tessera/models/pipeline_fno.hpp"

#include <numeric>
#include <string>

#include "models/pipeline_stage.hpp"
#include "tessera/core/error.hpp"

namespace tessera {

namespace {

/// The partition of every stage, checked before anything is built.
std::vector<Partition> partitions(const FnoConfig& config, const std::shared_ptr<const Communicator>& communicator,
                                  const PipelineConfig& pipeline) {
  config.validate();
  if (pipeline.stages < 1 || pipeline.stages > config.blocks) {
    throw ConfigError("PipelineFno: expected 1 to " + std::to_string(config.blocks) +
                      " stages, one or more blocks each, got " + std::to_string(pipeline.stages));
  }
  if (pipeline.micro_batches < 1) {
    throw ConfigError("PipelineFno: micro_batches must be at least 1, got " + std::to_string(pipeline.micro_batches));
  }
  const RankGrid grid(pipeline.stage_grid);
  if (grid.size() * pipeline.stages != communicator->size()) {
    throw PartitionError("PipelineFno: " + std::to_string(pipeline.stages) + " stages on " + to_string(grid) +
                         " ranks each need " + std::to_string(grid.size() * pipeline.stages) +
                         " ranks, the communicator has " + std::to_string(communicator->size()));
  }
  std::vector<Partition> stages;
  std::vector<int> ranks(static_cast<std::size_t>(grid.size()));
  for (Index stage = 0; stage < pipeline.stages; ++stage) {
    std::iota(ranks.begin(), ranks.end(), static_cast<int>(stage * grid.size()));
    stages.emplace_back(communicator, grid, ranks);
  }
  return stages;
}

}  // namespace

const char* pipeline_schedule_name(PipelineSchedule schedule) noexcept {
  return schedule == PipelineSchedule::gpipe ? "gpipe" : "one_forward_one_backward";
}

template <RealScalar T>
PipelineFno<T>::PipelineFno(const FnoConfig& config, const std::shared_ptr<const Communicator>& communicator,
                            const PipelineConfig& pipeline, std::uint64_t seed)
    : config_(config),
      pipeline_(pipeline),
      stages_(partitions(config, communicator, pipeline)),
      layers_("PipelineFno", config, stages_, seed),
      stage_(std::make_unique<Stage>(config, stages_, layers_)) {}

template <RealScalar T>
PipelineFno<T>::~PipelineFno() = default;

template <RealScalar T>
DistTensor<T> PipelineFno<T>::forward(const DistTensor<T>& x) {
  const Index batch = x.shape().empty() ? 1 : x.shape()[0];
  require_space("PipelineFno::forward", "input", x, input_space(batch));
  DistTensor<T> y(output_space(batch));
  stage_->forward(config_.activations, {batch, pipeline_.stage_grid[0], pipeline_.micro_batches}, x, y);
  return y;
}

template <RealScalar T>
double PipelineFno<T>::value_and_gradient(Loss loss, const DistTensor<T>& x, const DistTensor<T>& target) {
  const Index batch = x.shape().empty() ? 1 : x.shape()[0];
  require_space("PipelineFno::value_and_gradient", "input", x, input_space(batch));
  require_space("PipelineFno::value_and_gradient", "target", target, output_space(batch));
  double value = stage_->value_and_gradient(loss, config_.activations, pipeline_.schedule,
                                            {batch, pipeline_.stage_grid[0], pipeline_.micro_batches}, x, target);
  const Partition& last = stages_.back();
  last.communicator()->broadcast(&value, 1, last.ranks().front());
  return value;
}

template class PipelineFno<float>;
template class PipelineFno<double>;

}  // namespace tessera
