#pragma once

/// \file
/// Predictions of a trained Fno in the units of the data, and how good they are.

#include <functional>

#include "tessera/models/fno.hpp"
#include "tessera/training/metrics.hpp"
#include "tessera/training/normaliser.hpp"
#include "tessera/training/sample_source.hpp"

namespace tessera {

/// Throws ShapeError, alike on all ranks, unless the samples of a source fit the model.
template <RealScalar T>
void require_samples(const Fno<T>& model, const SampleSource& source);

/// Whether data and predictions of the model are read and written box by box, so that nothing of grid size is held:
/// where its activations are `none`.
template <RealScalar T>
bool streams(const Fno<T>& model) {
  return model.config().activations == Activations::none;
}

/// Throws ConfigError, alike on all ranks, for a model that streams with a schedule that does not allow it.
template <RealScalar T>
void require_schedule(const Fno<T>& model);

/// The model's prediction, in the units of the data, for an input in the units of the data. Collective.
template <RealScalar T>
DistTensor<T> predict(Fno<T>& model, const NormaliserPair& normalisers, DistTensor<T> input);

/// The same for a batch of `samples` samples box by box, see Fno::forward. Collective.
template <RealScalar T>
void predict(Fno<T>& model, const NormaliserPair& normalisers, Index samples, const FieldReader<T>& input,
             FieldWriter<T>& output);

/// Metrics over all samples of a source, in the units of the data; box by box where the model streams. `progress(n)` is
/// called on every rank when n samples are done, fractions included. Collective.
template <RealScalar T>
Metrics evaluate(Fno<T>& model, const NormaliserPair& normalisers, const SampleSource& source, Index batch_size,
                 const std::function<void(double)>& progress = {});

/// Reports the progress of a model's computation for its lifetime.
template <RealScalar T>
class ProgressScope {
 public:
  /// `report(fraction)` is called on every rank.
  ProgressScope(Fno<T>& model, std::function<void(double fraction)> report) : model_(model) {
    model_.set_progress(std::move(report));
  }
  ~ProgressScope() { model_.set_progress({}); }
  ProgressScope(const ProgressScope&) = delete;
  ProgressScope& operator=(const ProgressScope&) = delete;

 private:
  Fno<T>& model_;
};

}  // namespace tessera
