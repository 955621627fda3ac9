#include "tessera/training/metrics.hpp"

#include <algorithm>
#include <cmath>

#include "tessera/core/error.hpp"
#include "tensor/sample_rows.hpp"

namespace tessera {

template <RealScalar T>
void MetricsAccumulator::add(const DistTensor<T>& prediction, const DistTensor<T>& truth) {
  require_space("MetricsAccumulator::add", "truth", truth, prediction.space());
  const Communicator& communicator = prediction.communicator();
  const Index samples = prediction.shape()[0];
  // Per sample: squared error, squared truth; then the sums of |error|, truth.
  std::vector<double> sums(static_cast<std::size_t>(2 * samples + 2), 0.0);
  double& absolute = sums[static_cast<std::size_t>(2 * samples)];
  double& total = sums[static_cast<std::size_t>(2 * samples + 1)];
  double largest = 0.0;
  for_each_sample(prediction, [&](Index sample, Index offset, Index count) {
    for (Index i = offset; i < offset + count; ++i) {
      const double t = truth.data()[i];
      const double error = prediction.data()[i] - t;
      sums[static_cast<std::size_t>(2 * sample)] += error * error;
      sums[static_cast<std::size_t>(2 * sample + 1)] += t * t;
      absolute += std::abs(error);
      total += t;
      largest = std::max(largest, std::abs(error));
    }
  });
  communicator.all_sum(sums.data(), static_cast<Index>(sums.size()));
  max_error_ = std::max(max_error_, communicator.all_max(largest));

  const auto count = static_cast<double>(volume(prediction.shape()));
  const double mean = total / count;
  double deviations = 0.0;
  for (Index i = 0; i < truth.local_size(); ++i) deviations += (truth.data()[i] - mean) * (truth.data()[i] - mean);
  communicator.all_sum(&deviations, 1);

  const double shift = mean - mean_;
  deviations_ += deviations + shift * shift * values_ * count / (values_ + count);
  mean_ += shift * count / (values_ + count);
  values_ += count;
  absolute_error_ += absolute;
  for (Index b = 0; b < samples; ++b) {
    const double error = sums[static_cast<std::size_t>(2 * b)];
    const double norm = sums[static_cast<std::size_t>(2 * b + 1)];
    squared_error_ += error;
    relative_errors_ += std::sqrt(error) / (norm > 0.0 ? std::sqrt(norm) : 1.0);
  }
  samples_ += samples;
}

Metrics MetricsAccumulator::result() const {
  if (samples_ == 0) return {};
  return {squared_error_ / values_,
          absolute_error_ / values_,
          max_error_,
          deviations_ > 0.0 ? 1.0 - squared_error_ / deviations_ : 0.0,
          relative_errors_ / static_cast<double>(samples_),
          samples_};
}

template void MetricsAccumulator::add(const DistTensor<float>&, const DistTensor<float>&);
template void MetricsAccumulator::add(const DistTensor<double>&, const DistTensor<double>&);

}  // namespace tessera
