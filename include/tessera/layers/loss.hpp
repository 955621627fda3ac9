#pragma once

/// \file
/// Training losses: functions of each sample's error and target norms, whose gradient is the error times a factor.

#include <string_view>
#include <vector>

#include "tessera/tensor/dist_tensor.hpp"

namespace tessera {

enum class Loss {
  relative_l2,  ///< mean over samples of |y - t| / |t|
  mse           ///< mean over all values of (y - t)^2
};

const char* loss_name(Loss loss) noexcept;
/// Throws ConfigError naming the known losses.
Loss loss_from_name(std::string_view name);

/// |y_b - t_b|^2 and |t_b|^2 of one sample, over all ranks.
struct SampleNorms {
  double error = 0.0;
  double target = 0.0;
};

/// L and the factors f_b of its gradient dL/dy_b = f_b (y_b - t_b):
///   relative_l2:  L = 1/B sum_b |y_b - t_b| / |t_b|,  f_b = 1 / (B |y_b - t_b| |t_b|)
///                 (a sample whose target is zero divides by 1; the gradient where y_b = t_b is zero)
///   mse:          L = 1/N sum (y - t)^2,              f_b = 2 / N
struct LossValue {
  double value = 0.0;
  std::vector<double> factors;
};

/// `values`: N, the number of values of all samples together.
LossValue loss_value(Loss loss, const std::vector<SampleNorms>& norms, Index values);

/// A loss and its gradient with respect to the prediction.
template <RealScalar T>
struct LossResult {
  double value;
  DistTensor<T> gradient;
};

/// L(prediction, target) of two tensors [batch, channel, grid...] in one space, see LossValue.
/// Right for any partition, the batch axis included: norms are summed over all ranks before they are divided.
/// Collective. Throws ShapeError when the spaces differ.
template <RealScalar T>
LossResult<T> evaluate_loss(Loss loss, const DistTensor<T>& prediction, const DistTensor<T>& target);

}  // namespace tessera
