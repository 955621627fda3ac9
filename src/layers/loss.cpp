#include "tessera/layers/loss.hpp"

#include <cmath>
#include <string>

#include "core/run_on.hpp"
#include "kernels/copy.hpp"
#include "kernels/loss.hpp"
#include "tensor/sample_rows.hpp"
#include "tessera/core/error.hpp"
#include "tessera/core/storage.hpp"

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
  const Index batch = prediction.shape()[0];
  Storage<double> sums(prediction.device(), 2 * batch);
  run_on(prediction.device(), [&](const auto&... stream) {
    kernels::set_zero(stream..., 2 * batch, sums.data());
    for_each_sample(prediction, [&](Index sample, Index offset, Index count) {
      kernels::squared_errors(stream..., count, prediction.data() + offset, target.data() + offset,
                              sums.data() + 2 * sample);
    });
  });
  std::vector<SampleNorms> norms(static_cast<std::size_t>(batch));
  copy_values<double>(prediction.device(), 2 * batch, sums.data(), &norms.data()->error);
  prediction.communicator().all_sum(&norms.data()->error, 2 * batch);
  return norms;
}

}  // namespace

template <RealScalar T>
LossResult<T> evaluate_loss(Loss loss, const DistTensor<T>& prediction, const DistTensor<T>& target) {
  require_space("evaluate_loss", "target", target, prediction.space());
  const LossValue loss_and_factors = loss_value(loss, squared_norms(prediction, target), volume(prediction.shape()));
  LossResult<T> result{loss_and_factors.value, DistTensor<T>(prediction.space())};
  run_on(prediction.device(), [&](const auto&... stream) {
    for_each_sample(prediction, [&](Index sample, Index offset, Index count) {
      kernels::scaled_difference(stream..., count, loss_and_factors.factors[static_cast<std::size_t>(sample)],
                                 prediction.data() + offset, target.data() + offset, result.gradient.data() + offset);
    });
  });
  return result;
}

template LossResult<float> evaluate_loss(Loss, const DistTensor<float>&, const DistTensor<float>&);
template LossResult<double> evaluate_loss(Loss, const DistTensor<double>&, const DistTensor<double>&);

}  // namespace tessera
