#pragma once

/// \file
/// Training and evaluation of an Fno on a source of samples.

#include <cstdint>
#include <functional>
#include <vector>

#include "tessera/models/fno.hpp"
#include "tessera/training/adam.hpp"
#include "tessera/training/learning_rate.hpp"
#include "tessera/layers/loss.hpp"
#include "tessera/training/metrics.hpp"
#include "tessera/training/normaliser.hpp"
#include "tessera/training/sample_source.hpp"

namespace tessera {

struct TrainingConfig {
  Index batch_size = 2;
  LearningRate learning_rate;
  double beta1 = 0.9, beta2 = 0.999;
  double weight_decay = 0.0;   ///< decoupled (AdamW); 0 is plain Adam
  double gradient_clip = 0.0;  ///< largest global gradient norm; 0: no clipping
  Loss loss = Loss::relative_l2;
  std::uint64_t seed = 1;  ///< of the shuffles
};

/// What one epoch did.
struct EpochRecord {
  Index epoch = 0;             ///< 1 for the first
  double learning_rate = 0.0;  ///< of the last step
  double train_loss = 0.0;     ///< mean over samples, in normalised units, while training
  double gradient_norm = 0.0;  ///< mean over steps, before clipping
  double seconds = 0.0;
  double samples_per_second = 0.0;
};

/// Where a running epoch stands; passed to the progress callback after every step.
struct StepReport {
  Index samples_done;
  Index samples_total;
  double mean_loss;
};

/// Trains a model in place. Losses are taken between normalised outputs. The order of samples in epoch e is a
/// permutation drawn from (seed, e), so a run does not depend on the rank count, and a resumed run continues the same
/// sequence. All members are collective over the model's communicator.
template <RealScalar T>
class Trainer {
 public:
  /// Throws ShapeError when the samples do not fit the model.
  Trainer(Fno<T>& model, const SampleSource& source, const NormaliserPair& normalisers, const TrainingConfig& config);

  /// Runs one epoch: every sample once. A last batch may be smaller. Throws NumericError when the loss is not finite.
  EpochRecord run_epoch(const std::function<void(const StepReport&)>& after_step = {});

  /// Epochs finished so far; set by a resumed run.
  Index epochs_done() const noexcept { return epochs_done_; }
  void set_epochs_done(Index epochs) noexcept { epochs_done_ = epochs; }
  Adam<T>& optimiser() noexcept { return optimiser_; }

 private:
  double run_step(std::span<const Index> samples, double learning_rate, double& norm);

  Fno<T>& model_;
  const SampleSource& source_;
  NormaliserPair normalisers_;
  TrainingConfig config_;
  ParameterList<T> parameters_;
  Adam<T> optimiser_;
  Index epochs_done_ = 0;
};

/// The model's prediction, in the units of the data, for an input in the units of the data.
template <RealScalar T>
DistTensor<T> predict(Fno<T>& model, const NormaliserPair& normalisers, DistTensor<T> input);

/// Metrics over all samples of a source, in the units of the data. `after_batch(n)` is called when n samples are done.
/// Collective.
template <RealScalar T>
Metrics evaluate(Fno<T>& model, const NormaliserPair& normalisers, const SampleSource& source, Index batch_size,
                 const std::function<void(Index)>& after_batch = {});

}  // namespace tessera
