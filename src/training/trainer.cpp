#include "tessera/training/trainer.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>

#include "tessera/core/error.hpp"

namespace tessera {

namespace {

template <class T>
void check_samples(const Fno<T>& model, const SampleSource& source) {
  const auto without_batch = [](const Shape& shape) { return Shape(shape.begin() + 1, shape.end()); };
  const Shape input = without_batch(model.config().input_shape(1));
  const Shape output = without_batch(model.config().output_shape(1));
  if (source.input_shape() == input && source.output_shape() == output) return;
  throw ShapeError("the model maps " + to_string(input) + " to " + to_string(output) + ", the data set " +
                   to_string(source.input_shape()) + " to " + to_string(source.output_shape()));
}

}  // namespace

template <RealScalar T>
Trainer<T>::Trainer(Fno<T>& model, const SampleSource& source, const NormaliserPair& normalisers,
                    const TrainingConfig& config)
    : model_(model),
      source_(source),
      normalisers_(normalisers),
      config_(config),
      parameters_(model.parameters()),
      optimiser_(parameters_, {.beta1 = config.beta1, .beta2 = config.beta2, .weight_decay = config.weight_decay}) {
  check_samples(model, source);
  if (config.batch_size < 1)
    throw ConfigError("training: batch_size must be at least 1, got " + std::to_string(config.batch_size));
  if (source.sample_count() < 1) throw ConfigError("training: the data set has no samples");
}

template <RealScalar T>
double Trainer<T>::run_step(std::span<const Index> samples, double learning_rate, double& norm) {
  const auto batch = static_cast<Index>(samples.size());
  DistTensor<T> input(model_.input_space(batch));
  DistTensor<T> target(model_.output_space(batch));
  source_.read(samples, input, target);
  normalisers_.input.normalise(input);
  normalisers_.output.normalise(target);

  zero_gradients(parameters_);
  Tape tape;
  const Variable<T> prediction = model_(tape.constant(std::move(input)));
  LossResult<T> loss = evaluate_loss(config_.loss, prediction.value(), target);
  if (!std::isfinite(loss.value)) {
    throw NumericError("training: the loss is not finite in epoch " + std::to_string(epochs_done_ + 1) + ", step " +
                       std::to_string(optimiser_.steps() + 1) + "; try a smaller learning_rate or gradient_clip = 1");
  }
  tape.backward(prediction, std::move(loss.gradient));
  norm = gradient_norm(parameters_);
  const double clip = config_.gradient_clip;
  optimiser_.step(learning_rate, clip > 0.0 && norm > clip ? clip / norm : 1.0);
  return loss.value;
}

template <RealScalar T>
EpochRecord Trainer<T>::run_epoch(const std::function<void(const StepReport&)>& after_step) {
  const auto start = std::chrono::steady_clock::now();
  const Index samples = source_.sample_count();
  const auto order =
      RandomStream(config_.seed, "shuffle of epoch " + std::to_string(epochs_done_)).permutation(samples);
  const Index steps = (samples + config_.batch_size - 1) / config_.batch_size;
  EpochRecord record;
  record.epoch = epochs_done_ + 1;
  double loss_sum = 0.0;
  for (Index step = 0; step < steps; ++step) {
    const Index first = step * config_.batch_size;
    const Index count = std::min(config_.batch_size, samples - first);
    // Progress at the end of the step, so that a warm-up starts above zero.
    const double progress =
        static_cast<double>(epochs_done_) + static_cast<double>(step + 1) / static_cast<double>(steps);
    record.learning_rate = config_.learning_rate.at(progress);
    double norm = 0.0;
    const std::span batch(order.data() + first, static_cast<std::size_t>(count));
    loss_sum += run_step(batch, record.learning_rate, norm) * static_cast<double>(count);
    record.gradient_norm += norm / static_cast<double>(steps);
    if (after_step) after_step({first + count, samples, loss_sum / static_cast<double>(first + count)});
  }
  ++epochs_done_;
  record.train_loss = loss_sum / static_cast<double>(samples);
  record.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  record.samples_per_second = static_cast<double>(samples) / std::max(record.seconds, 1e-9);
  return record;
}

template <RealScalar T>
DistTensor<T> predict(Fno<T>& model, const NormaliserPair& normalisers, DistTensor<T> input) {
  normalisers.input.normalise(input);
  Tape tape(false);
  DistTensor<T> output = model(tape.constant(std::move(input))).value().clone();
  normalisers.output.restore(output);
  return output;
}

template <RealScalar T>
Metrics evaluate(Fno<T>& model, const NormaliserPair& normalisers, const SampleSource& source, Index batch_size,
                 const std::function<void(Index)>& after_batch) {
  check_samples(model, source);
  MetricsAccumulator metrics;
  const Index samples = source.sample_count();
  for (Index first = 0; first < samples; first += batch_size) {
    std::vector<Index> batch;
    for (Index sample = first; sample < std::min(samples, first + batch_size); ++sample) batch.push_back(sample);
    const auto count = static_cast<Index>(batch.size());
    DistTensor<T> input(model.input_space(count));
    DistTensor<T> truth(model.output_space(count));
    source.read(batch, input, truth);
    metrics.add(predict(model, normalisers, std::move(input)), truth);
    if (after_batch) after_batch(first + count);
  }
  return metrics.result();
}

#define TESSERA_INSTANTIATE(T)                                                          \
  template class Trainer<T>;                                                            \
  template DistTensor<T> predict(Fno<T>&, const NormaliserPair&, DistTensor<T>);        \
  template Metrics evaluate(Fno<T>&, const NormaliserPair&, const SampleSource&, Index, \
                            const std::function<void(Index)>&);
TESSERA_INSTANTIATE(float)
TESSERA_INSTANTIATE(double)
#undef TESSERA_INSTANTIATE

}  // namespace tessera
