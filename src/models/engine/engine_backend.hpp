#pragma once

/// \file
/// What computes the passes of an engine.

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "models/engine/engine_tile.hpp"
#include "models/engine/gradient_store.hpp"
#include "models/engine/pass_fields.hpp"

namespace tessera::engine {

/// Passes over the tiles of one batch size. Local: no communication.
template <RealScalar T>
class BatchSweep : public ModeLayout<T> {
 public:
  /// Of the rank's part of the batch.
  virtual Index samples() const = 0;
  /// Of the rank's part of the grid.
  virtual Index cells() const = 0;

  /// Visits every tile of every sample. `after_group` is told the finished fraction of the pass now and then.
  virtual void run(const PassFields<T>& fields, const std::function<void(EngineTile<T>&)>& visit,
                   const std::function<void(double)>& after_group) = 0;
};

/// How an engine computes, on one kind of device: makes sweeps, and has the memory that they share.
template <RealScalar T>
class EngineBackend {
 public:
  virtual ~EngineBackend() = default;

  /// `part`: the rank's box of the output tensor [batch, channel, grid...]. `lines`: per grid axis what is transformed
  /// on this rank, see PlannedTransform::first_lines.
  virtual std::unique_ptr<BatchSweep<T>> sweep(const Box& part,
                                               const std::vector<std::optional<FourierLine>>& lines) = 0;

  /// Bytes of a value that is kept between passes.
  virtual Index stored_bytes() const = 0;

  /// Before a computation of several passes: the weights' values, and zero sums for `samples` samples of this rank.
  virtual void start(const PointwiseWeights<T>& weights, Index samples) = 0;
  /// Sums and norms of the passes so far are in the gradient store afterwards.
  virtual void collect() = 0;
};

/// For an engine whose ranks compute where `ranks` says; `store` must outlive it. Throws ConfigError where they
/// cannot store or multiply as the part's configuration says.
template <RealScalar T>
std::unique_ptr<EngineBackend<T>> make_backend(const FnoPart& part, const Partition& ranks, GradientStore<T>& store);

}  // namespace tessera::engine
