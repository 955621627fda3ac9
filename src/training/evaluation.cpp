#include "tessera/training/evaluation.hpp"

#include <algorithm>
#include <numeric>
#include <string>

#include "tessera/core/error.hpp"
#include "tessera/training/normalised_field.hpp"
#include "tessera/training/read_ahead.hpp"
#include "tessera/training/slabs.hpp"

namespace tessera {

namespace {

/// Compares what is written with the truth.
template <RealScalar T>
class ComparingWriter final : public FieldWriter<T> {
 public:
  ComparingWriter(const FieldReader<T>& truth, MetricsAccumulator& metrics) : truth_(truth), metrics_(metrics) {}

  const Shape& shape() const override { return truth_.shape(); }

  void write(const Box& box, const T* values) override {
    for (const Box& slab : slabs(box)) {
      const Index count = slab.volume();
      values_.require(count);
      truth_.read(slab, values_.data());
      metrics_.add_values(slab.start[0], count, values, values_.data());
      values += count;
    }
  }

 private:
  const FieldReader<T>& truth_;
  MetricsAccumulator& metrics_;
  Buffer<T> values_;
};

template <RealScalar T>
void add_streamed(Fno<T>& model, const NormaliserPair& normalisers, const SampleSource& source,
                  const std::vector<Index>& batch, MetricsAccumulator& metrics) {
  const auto count = static_cast<Index>(batch.size());
  BatchFields<T> fields;
  source.open(batch, model.field_partition(), fields);
  ComparingWriter<T> comparison(*fields.output, metrics);
  predict(model, normalisers, count, *fields.input, comparison);
  metrics.finish_batch(*model.partition().communicator(), count);
}

}  // namespace

template <RealScalar T>
void require_samples(const Fno<T>& model, const SampleSource& source) {
  const auto without_batch = [](const Shape& shape) { return Shape(shape.begin() + 1, shape.end()); };
  const Shape input = without_batch(model.config().input_shape(1));
  const Shape output = without_batch(model.config().output_shape(1));
  if (source.input_shape() == input && source.output_shape() == output) return;
  throw ShapeError("the model maps " + to_string(input) + " to " + to_string(output) + ", the data set " +
                   to_string(source.input_shape()) + " to " + to_string(source.output_shape()));
}

template <RealScalar T>
void require_schedule(const Fno<T>& model) {
  if (!streams(model)) return;
  const FnoConfig& config = model.config();
  const TransformPlan plan = plan_transform(1, config.width, SpectralGrid(config.grid, config.modes),
                                            model.field_partition().grid(), config.schedule);
  if (plan.steps.front().kind == TransformStep::Kind::transform) return;
  throw ConfigError("activations none: schedule " + std::string(schedule_name(config.schedule)) +
                    " exchanges the whole grid on the partition " + to_string(model.partition()) +
                    " before it transforms it; use schedule automatic, or activations one");
}

template <RealScalar T>
DistTensor<T> predict(Fno<T>& model, const NormaliserPair& normalisers, DistTensor<T> input) {
  normalisers.input.normalise(input);
  DistTensor<T> output = model.forward(input);
  normalisers.output.restore(output);
  return output;
}

template <RealScalar T>
void predict(Fno<T>& model, const NormaliserPair& normalisers, Index samples, const FieldReader<T>& input,
             FieldWriter<T>& output) {
  RestoringWriter<T> restored(output, normalisers.output);
  model.forward(samples, NormalisedReader<T>(input, normalisers.input), restored);
}

template <RealScalar T>
Metrics evaluate(Fno<T>& model, const NormaliserPair& normalisers, const SampleSource& source, Index batch_size,
                 const std::function<void(double)>& progress) {
  require_samples(model, source);
  MetricsAccumulator metrics;
  const Index samples = source.sample_count();
  std::vector<Index> all(static_cast<std::size_t>(samples));
  std::iota(all.begin(), all.end(), Index{0});
  std::optional<ReadAhead<T>> ahead;
  if (!streams(model)) ahead.emplace(model, source, all, batch_size);
  for (Index first = 0; first < samples; first += batch_size) {
    const Index count = std::min(batch_size, samples - first);
    const auto report = [&](double share) {
      if (progress) progress(static_cast<double>(first) + share * static_cast<double>(count));
    };
    const ProgressScope<T> scope(model, report);
    if (ahead) {
      typename ReadAhead<T>::Batch batch = ahead->next();
      metrics.add(predict(model, normalisers, std::move(batch.input)), batch.output);
    } else {
      add_streamed(model, normalisers, source, {all.begin() + first, all.begin() + first + count}, metrics);
    }
    report(1.0);
  }
  return metrics.result();
}

#define TESSERA_INSTANTIATE(T)                                                                          \
  template void require_samples(const Fno<T>&, const SampleSource&);                                    \
  template void require_schedule(const Fno<T>&);                                                        \
  template DistTensor<T> predict(Fno<T>&, const NormaliserPair&, DistTensor<T>);                        \
  template void predict(Fno<T>&, const NormaliserPair&, Index, const FieldReader<T>&, FieldWriter<T>&); \
  template Metrics evaluate(Fno<T>&, const NormaliserPair&, const SampleSource&, Index,                 \
                            const std::function<void(double)>&);
TESSERA_INSTANTIATE(float)
TESSERA_INSTANTIATE(double)
#undef TESSERA_INSTANTIATE

}  // namespace tessera
