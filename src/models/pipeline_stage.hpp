#pragma once

/// \file
/// One stage of a pipeline, as its ranks see it; for PipelineFno's own sources.

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "models/engine/fno_stage.hpp"
#include "models/micro_batches.hpp"
#include "tessera/models/pipeline_fno.hpp"
#include "tessera/primitives/send_receive.hpp"

namespace tessera {

/// The part of the model on this rank, and the links to the stages before and after. Members are collective over the
/// stage's ranks; they wait for what neighbours send, never for neighbours to receive.
template <RealScalar T>
class PipelineFno<T>::Stage {
 public:
  Stage(const FnoConfig& config, const std::vector<Partition>& stages, FnoLayers<T>& layers);

  /// All micro-batches forward; the last stage writes y.
  void forward(Activations activations, const MicroBatches& batches, const DistTensor<T>& x, DistTensor<T>& y);
  /// All micro-batches forward and backward. The loss, on the last stage.
  double value_and_gradient(Loss loss, Activations activations, PipelineSchedule schedule, const MicroBatches& batches,
                            const DistTensor<T>& x, const DistTensor<T>& target);

 private:
  /// What the backward computation of a micro-batch needs.
  struct Forwarded {
    DistTensor<T> input;
    std::shared_ptr<engine::FnoTrace<T>> trace;
  };

  bool is_first() const { return number_ == 0; }
  bool is_last() const { return number_ + 1 == static_cast<Index>(ranks_.size()); }
  /// Between stage `from` and the next, for micro-batches of `samples`.
  const SendReceive<T>& link(Index from, Index samples);

  DistTensor<T> input(const MicroBatches& batches, const DistTensor<T>& x, Index m);
  Forwarded forward(Activations activations, const MicroBatches& batches, const DistTensor<T>& x, Index m);
  void backward(const Forwarded& forwarded, Index samples);
  double both_ways(Loss loss, Activations activations, const MicroBatches& batches, const DistTensor<T>& x,
                   const DistTensor<T>& target, Index m);

  FnoConfig config_;
  std::vector<Partition> ranks_;  ///< of every stage's engine
  Index number_;
  engine::FnoStage<T> engine_;
  std::map<std::pair<Index, Index>, std::unique_ptr<const SendReceive<T>>> links_;
};

}  // namespace tessera
