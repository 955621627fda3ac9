#pragma once

/// \file
/// Training losses: a value known to every rank and its gradient, tile by tile.

#include <string_view>

#include "tessera/tensor/dist_tensor.hpp"

namespace tessera {

enum class Loss {
  relative_l2,  ///< mean over samples of |y - t| / |t|
  mse           ///< mean over all values of (y - t)^2
};

const char* loss_name(Loss loss) noexcept;
/// Throws ConfigError naming the known losses.
Loss loss_from_name(std::string_view name);

/// A loss and its gradient with respect to the prediction.
template <RealScalar T>
struct LossResult {
  double value;
  DistTensor<T> gradient;
};

/// L(prediction, target) of two tensors [batch, channel, grid...] in one space.
///   relative_l2:  L = 1/B sum_b |y_b - t_b|_2 / |t_b|_2,  dL/dy_b = (y_b - t_b) / (B |y_b - t_b| |t_b|)
///                 (a sample whose target is zero divides by 1; the gradient where y_b = t_b is zero)
///   mse:          L = 1/N sum (y - t)^2,                  dL/dy = 2 (y - t) / N
/// Right for any partition, the batch axis included: norms are summed over all ranks before they are divided.
/// Collective. Throws ShapeError when the spaces differ.
template <RealScalar T>
LossResult<T> evaluate_loss(Loss loss, const DistTensor<T>& prediction, const DistTensor<T>& target);

}  // namespace tessera
