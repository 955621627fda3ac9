#include "tessera/training/trainer.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <string>

#include "tessera/core/error.hpp"
#include "tessera/training/normalised_field.hpp"

namespace tessera {

template <RealScalar T>
Trainer<T>::Trainer(Fno<T>& model, const SampleSource& source, const NormaliserPair& normalisers,
                    const TrainingConfig& config)
    : model_(model),
      source_(source),
      normalisers_(normalisers),
      config_(config),
      parameters_(model.parameters()),
      optimiser_(parameters_, {.beta1 = config.beta1, .beta2 = config.beta2, .weight_decay = config.weight_decay}) {
  require_samples(model, source);
  require_schedule(model);
  if (config.batch_size < 1)
    throw ConfigError("training: batch_size must be at least 1, got " + std::to_string(config.batch_size));
  if (source.sample_count() < 1) throw ConfigError("training: the data set has no samples");
}

template <RealScalar T>
double Trainer<T>::streamed_step(std::span<const Index> samples) {
  BatchFields<T> fields;
  source_.open(samples, model_.field_partition(), fields);
  return model_.value_and_gradient(config_.loss, static_cast<Index>(samples.size()),
                                   NormalisedReader<T>(*fields.input, normalisers_.input),
                                   NormalisedReader<T>(*fields.output, normalisers_.output));
}

template <RealScalar T>
double Trainer<T>::held_step(typename ReadAhead<T>::Batch batch) {
  normalisers_.input.normalise(batch.input);
  normalisers_.output.normalise(batch.output);
  return model_.value_and_gradient(config_.loss, batch.input, batch.output);
}

template <RealScalar T>
double Trainer<T>::run_step(const std::function<double()>& loss_and_gradient, double learning_rate, double& norm) {
  zero_gradients(parameters_);
  const double loss = loss_and_gradient();
  if (!std::isfinite(loss)) {
    throw NumericError("training: the loss is not finite in epoch " + std::to_string(epochs_done_ + 1) + ", step " +
                       std::to_string(optimiser_.steps() + 1) + "; try a smaller learning_rate or gradient_clip = 1");
  }
  norm = gradient_norm(parameters_);
  const double clip = config_.gradient_clip;
  optimiser_.step(learning_rate, clip > 0.0 && norm > clip ? clip / norm : 1.0);
  return loss;
}

template <RealScalar T>
EpochRecord Trainer<T>::run_epoch(const std::function<void(const StepReport&)>& progress) {
  const auto start = std::chrono::steady_clock::now();
  const Index samples = source_.sample_count();
  const auto order =
      RandomStream(config_.seed, "shuffle of epoch " + std::to_string(epochs_done_)).permutation(samples);
  const Index steps = (samples + config_.batch_size - 1) / config_.batch_size;
  EpochRecord record;
  record.epoch = epochs_done_ + 1;
  double loss_sum = 0.0;
  std::optional<ReadAhead<T>> ahead;
  if (!streams(model_)) ahead.emplace(model_, source_, order, config_.batch_size);
  for (Index step = 0; step < steps; ++step) {
    const Index first = step * config_.batch_size;
    const Index count = std::min(config_.batch_size, samples - first);
    // The rate at the end of the step, so that a warm-up starts above zero.
    const double epochs =
        static_cast<double>(epochs_done_) + static_cast<double>(step + 1) / static_cast<double>(steps);
    record.learning_rate = config_.learning_rate.at(epochs);
    double norm = 0.0;
    const std::span batch(order.data() + first, static_cast<std::size_t>(count));
    const auto report = [&](double share, Index samples_finished) {
      if (!progress) return;
      const double mean = samples_finished > 0 ? loss_sum / static_cast<double>(samples_finished)
                                               : std::numeric_limits<double>::quiet_NaN();
      progress({static_cast<double>(first) + share * static_cast<double>(count), samples, mean});
    };
    const ProgressScope<T> scope(model_, [&](double share) { report(share, first); });
    const auto loss = [&] { return ahead ? held_step(ahead->next()) : streamed_step(batch); };
    loss_sum += run_step(loss, record.learning_rate, norm) * static_cast<double>(count);
    record.gradient_norm += norm / static_cast<double>(steps);
    report(1.0, first + count);
  }
  ++epochs_done_;
  record.train_loss = loss_sum / static_cast<double>(samples);
  if (ahead) record.input_seconds = model_.partition().communicator()->all_max(ahead->seconds_waited());
  record.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  record.samples_per_second = static_cast<double>(samples) / std::max(record.seconds, 1e-9);
  return record;
}

template class Trainer<float>;
template class Trainer<double>;

}  // namespace tessera
