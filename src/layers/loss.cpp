#include "tessera/layers/loss.hpp"

#include <cmath>
#include <string>

#include "kernels/loss.hpp"
#include "tensor/sample_rows.hpp"
#include "tessera/core/error.hpp"

namespace tessera {

const char* loss_name(Loss loss) noexcept { return loss == Loss::mse ? "mse" : "relative_l2"; }

Loss loss_from_name(std::string_view name) {
  if (name == "relative_l2") return Loss::relative_l2;
  if (name == "mse") return Loss::mse;
  throw ConfigError("loss: expected relative_l2 or mse, got '" + std::string(name) + "'");
}

LossValue loss_value(Loss loss, const std::vector<SampleNorms>& norms, Index values) {
  LossValue result;
  const auto count = static_cast<double>(values);
  const auto batch = static_cast<double>(norms.size());
  for (const SampleNorms& sample : norms) {
    if (loss == Loss::mse) {
      result.value += sample.error / count;
      result.factors.push_back(2.0 / count);
      continue;
    }
    const double error = std::sqrt(sample.error);
    const double divisor = sample.target > 0.0 ? std::sqrt(sample.target) : 1.0;
    result.value += error / divisor / batch;
    result.factors.push_back(error > 0.0 ? 1.0 / (batch * error * divisor) : 0.0);
  }
  return result;
}

namespace {

template <class T>
std::vector<SampleNorms> squared_norms(const DistTensor<T>& prediction, const DistTensor<T>& target) {
  static_assert(sizeof(SampleNorms) == 2 * sizeof(double));
  std::vector<SampleNorms> sums(static_cast<std::size_t>(prediction.shape()[0]));
  for_each_sample(prediction, [&](Index sample, Index offset, Index count) {
    double result[2];
    kernels::squared_errors(count, prediction.data() + offset, target.data() + offset, result);
    sums[static_cast<std::size_t>(sample)] = {result[0], result[1]};
  });
  prediction.communicator().all_sum(&sums.data()->error, 2 * static_cast<Index>(sums.size()));
  return sums;
}

}  // namespace

template <RealScalar T>
LossResult<T> evaluate_loss(Loss loss, const DistTensor<T>& prediction, const DistTensor<T>& target) {
  require_space("evaluate_loss", "target", target, prediction.space());
  const LossValue loss_and_factors = loss_value(loss, squared_norms(prediction, target), volume(prediction.shape()));
  LossResult<T> result{loss_and_factors.value, DistTensor<T>(prediction.space())};
  for_each_sample(prediction, [&](Index sample, Index offset, Index count) {
    kernels::scaled_difference(count, loss_and_factors.factors[static_cast<std::size_t>(sample)],
                               prediction.data() + offset, target.data() + offset, result.gradient.data() + offset);
  });
  return result;
}

template LossResult<float> evaluate_loss(Loss, const DistTensor<float>&, const DistTensor<float>&);
template LossResult<double> evaluate_loss(Loss, const DistTensor<double>&, const DistTensor<double>&);

}  // namespace tessera
