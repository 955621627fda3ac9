#include "tessera/training/metrics.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "tensor/sample_rows.hpp"
#include "tessera/core/error.hpp"
#include "tessera/tensor/host_values.hpp"

namespace tessera {

void MetricsAccumulator::Moments::merge(const Moments& other) {
  if (other.values == 0.0) return;
  const double shift = other.mean - mean;
  const double all = values + other.values;
  deviations += other.deviations + shift * shift * values * other.values / all;
  mean += shift * other.values / all;
  values = all;
}

template <RealScalar T>
void MetricsAccumulator::add_values(Index sample, Index count, const T* prediction, const T* truth) {
  if (count == 0) return;
  const auto at = 2 * static_cast<std::size_t>(sample);
  if (batch_squares_.size() < at + 2) batch_squares_.resize(at + 2, 0.0);
  double error_squares = 0.0, truth_squares = 0.0, sum = 0.0;
  for (Index i = 0; i < count; ++i) {
    const double t = truth[i];
    const double error = prediction[i] - t;
    error_squares += error * error;
    truth_squares += t * t;
    sum += t;
    batch_absolute_ += std::abs(error);
    max_error_ = std::max(max_error_, std::abs(error));
  }
  batch_squares_[at] += error_squares;
  batch_squares_[at + 1] += truth_squares;
  Moments part{static_cast<double>(count), sum / static_cast<double>(count), 0.0};
  for (Index i = 0; i < count; ++i) part.deviations += (truth[i] - part.mean) * (truth[i] - part.mean);
  batch_truth_.merge(part);
}

void MetricsAccumulator::finish_batch(const Communicator& communicator, Index samples) {
  std::vector<double> sums(std::move(batch_squares_));
  batch_squares_.clear();
  const auto rest = 2 * static_cast<std::size_t>(samples);
  sums.resize(rest);
  sums.insert(sums.end(), {batch_absolute_, batch_truth_.values, batch_truth_.values * batch_truth_.mean});
  communicator.all_sum(sums.data(), static_cast<Index>(sums.size()));
  max_error_ = communicator.all_max(max_error_);

  Moments all{sums[rest + 1], sums[rest + 1] > 0.0 ? sums[rest + 2] / sums[rest + 1] : 0.0, 0.0};
  const double shift = batch_truth_.mean - all.mean;
  all.deviations = batch_truth_.deviations + batch_truth_.values * shift * shift;
  communicator.all_sum(&all.deviations, 1);
  truth_.merge(all);
  absolute_error_ += sums[rest];
  for (std::size_t at = 0; at < rest; at += 2) {
    squared_error_ += sums[at];
    relative_errors_ += std::sqrt(sums[at]) / (sums[at + 1] > 0.0 ? std::sqrt(sums[at + 1]) : 1.0);
  }
  samples_ += samples;
  batch_absolute_ = 0.0;
  batch_truth_ = {};
}

template <RealScalar T>
void MetricsAccumulator::add(const DistTensor<T>& prediction, const DistTensor<T>& truth) {
  require_space("MetricsAccumulator::add", "truth", truth, prediction.space());
  const HostInput<T> predicted(prediction.local()), expected(truth.local());
  for_each_sample(prediction, [&](Index sample, Index offset, Index count) {
    add_values(sample, count, predicted.data() + offset, expected.data() + offset);
  });
  finish_batch(prediction.communicator(), prediction.shape()[0]);
}

Metrics MetricsAccumulator::result() const {
  if (samples_ == 0) return {};
  return {squared_error_ / truth_.values,
          absolute_error_ / truth_.values,
          max_error_,
          truth_.deviations > 0.0 ? 1.0 - squared_error_ / truth_.deviations : 0.0,
          relative_errors_ / static_cast<double>(samples_),
          samples_};
}

template void MetricsAccumulator::add(const DistTensor<float>&, const DistTensor<float>&);
template void MetricsAccumulator::add(const DistTensor<double>&, const DistTensor<double>&);
template void MetricsAccumulator::add_values(Index, Index, const float*, const float*);
template void MetricsAccumulator::add_values(Index, Index, const double*, const double*);

}  // namespace tessera
