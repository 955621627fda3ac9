#pragma once

/// \file
/// Training of an Fno on a source of samples.

#include <cstdint>
#include <functional>
#include <vector>

#include "tessera/layers/loss.hpp"
#include "tessera/training/adam.hpp"
#include "tessera/training/evaluation.hpp"
#include "tessera/training/learning_rate.hpp"
#include "tessera/training/read_ahead.hpp"

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
  /// Of these, waited for samples, on the rank that waited longest; 0 where they are read box by box within the steps.
  double input_seconds = 0.0;
};

/// Where a running epoch stands.
struct StepReport {
  double samples_done;  ///< in a step that takes long, fractions of it included
  Index samples_total;
  double mean_loss;  ///< of the steps finished in this epoch; NaN before the first
};

/// Trains a model in place. Losses are taken between normalised outputs. The order of samples in epoch e is a
/// permutation drawn from (seed, e), so a run does not depend on the rank count, and a resumed run continues the same
/// sequence. The next batch is read while a step runs (see ReadAhead); where the model's activations are `none`,
/// samples are read box by box and never held (see streams). All members are collective over the model's communicator.
template <RealScalar T>
class Trainer {
 public:
  /// Throws ShapeError when the samples do not fit the model, ConfigError for a model that cannot stream but should.
  Trainer(Fno<T>& model, const SampleSource& source, const NormaliserPair& normalisers, const TrainingConfig& config);

  /// Runs one epoch: every sample once. A last batch may be smaller. `progress` is called on every rank, after every
  /// step and during those that take long. Throws NumericError when the loss is not finite.
  EpochRecord run_epoch(const std::function<void(const StepReport&)>& progress = {});

  /// Epochs finished so far; set by a resumed run.
  Index epochs_done() const noexcept { return epochs_done_; }
  void set_epochs_done(Index epochs) noexcept { epochs_done_ = epochs; }
  Adam<T>& optimiser() noexcept { return optimiser_; }

 private:
  /// The loss of a batch, whose gradient is added to the parameters'.
  double streamed_step(std::span<const Index> samples);
  double held_step(typename ReadAhead<T>::Batch batch);
  double run_step(const std::function<double()>& loss_and_gradient, double learning_rate, double& norm);

  Fno<T>& model_;
  const SampleSource& source_;
  NormaliserPair normalisers_;
  TrainingConfig config_;
  ParameterList<T> parameters_;
  Adam<T> optimiser_;
  Index epochs_done_ = 0;
};

}  // namespace tessera
