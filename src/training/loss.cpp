#include "tessera/training/loss.hpp"

#include <cmath>
#include <string>
#include <vector>

#include "tessera/core/error.hpp"
#include "training/sample_rows.hpp"

namespace tessera {

const char* loss_name(Loss loss) noexcept { return loss == Loss::mse ? "mse" : "relative_l2"; }

Loss loss_from_name(std::string_view name) {
  if (name == "relative_l2") return Loss::relative_l2;
  if (name == "mse") return Loss::mse;
  throw ConfigError("loss: expected relative_l2 or mse, got '" + std::string(name) + "'");
}

namespace {

/// Squared norms of each sample's error and target, summed over all ranks: [error_0, target_0, error_1, ...].
template <class T>
std::vector<double> squared_norms(const DistTensor<T>& prediction, const DistTensor<T>& target) {
  std::vector<double> sums(static_cast<std::size_t>(2 * prediction.shape()[0]), 0.0);
  for_each_sample(prediction, [&](Index sample, Index offset, Index count) {
    double error = 0.0;
    double norm = 0.0;
    for (Index i = offset; i < offset + count; ++i) {
      const double t = target.data()[i];
      const double d = prediction.data()[i] - t;
      error += d * d;
      norm += t * t;
    }
    sums[static_cast<std::size_t>(2 * sample)] = error;
    sums[static_cast<std::size_t>(2 * sample + 1)] = norm;
  });
  prediction.communicator().all_sum(sums.data(), static_cast<Index>(sums.size()));
  return sums;
}

template <class T>
void scaled_difference(Index offset, Index count, double factor, const DistTensor<T>& prediction,
                       const DistTensor<T>& target, DistTensor<T>& out) {
  for (Index i = offset; i < offset + count; ++i) {
    out.data()[i] = static_cast<T>(factor * (static_cast<double>(prediction.data()[i]) - target.data()[i]));
  }
}

}  // namespace

template <RealScalar T>
LossResult<T> evaluate_loss(Loss loss, const DistTensor<T>& prediction, const DistTensor<T>& target) {
  require_space("evaluate_loss", "target", target, prediction.space());
  const auto sums = squared_norms(prediction, target);
  const Index samples = prediction.shape()[0];
  LossResult<T> result{0.0, DistTensor<T>(prediction.space())};
  if (loss == Loss::mse) {
    const auto count = static_cast<double>(volume(prediction.shape()));
    for (Index b = 0; b < samples; ++b) result.value += sums[static_cast<std::size_t>(2 * b)] / count;
    scaled_difference(0, prediction.local_size(), 2.0 / count, prediction, target, result.gradient);
    return result;
  }
  const auto batch = static_cast<double>(samples);
  std::vector<double> factors;
  for (Index b = 0; b < samples; ++b) {
    const double error = std::sqrt(sums[static_cast<std::size_t>(2 * b)]);
    const double norm = std::sqrt(sums[static_cast<std::size_t>(2 * b + 1)]);
    const double divisor = norm > 0.0 ? norm : 1.0;
    result.value += error / divisor / batch;
    factors.push_back(error > 0.0 ? 1.0 / (batch * error * divisor) : 0.0);
  }
  for_each_sample(prediction, [&](Index sample, Index offset, Index count) {
    scaled_difference(offset, count, factors[static_cast<std::size_t>(sample)], prediction, target, result.gradient);
  });
  return result;
}

template LossResult<float> evaluate_loss(Loss, const DistTensor<float>&, const DistTensor<float>&);
template LossResult<double> evaluate_loss(Loss, const DistTensor<double>&, const DistTensor<double>&);

}  // namespace tessera
