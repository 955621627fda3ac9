#pragma once

/// \file
/// How good predictions are, over a whole data set.

#include <vector>

#include "tessera/tensor/dist_tensor.hpp"

namespace tessera {

/// Errors of predictions y against truths t, in the units of the data.
struct Metrics {
  double mse = 0.0;          ///< mean of (y - t)^2
  double mae = 0.0;          ///< mean of |y - t|
  double max_error = 0.0;    ///< max of |y - t|
  double r2 = 0.0;           ///< 1 - sum (y - t)^2 / sum (t - mean t)^2 over all values; 0 when t is constant
  double relative_l2 = 0.0;  ///< mean over samples of |y - t|_2 / |t|_2
  Index samples = 0;
};

/// Gathers errors batch by batch; right on every partition, every value counted once.
class MetricsAccumulator {
 public:
  /// Adds a batch [samples, channel, grid...]. Collective. Throws ShapeError when the spaces differ.
  template <RealScalar T>
  void add(const DistTensor<T>& prediction, const DistTensor<T>& truth);

  /// The metrics of everything added so far; no communication.
  Metrics result() const;

 private:
  double squared_error_ = 0.0;
  double absolute_error_ = 0.0;
  double max_error_ = 0.0;
  double relative_errors_ = 0.0;
  /// Mean and sum of squared deviations of the truth, merged batch by batch (Chan, Golub, LeVeque 1979).
  double mean_ = 0.0;
  double deviations_ = 0.0;
  double values_ = 0.0;
  Index samples_ = 0;
};

}  // namespace tessera
