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

  /// Adds `count` values of a sample of the batch at hand. Local: every value is added by one rank. finish_batch must
  /// follow.
  template <RealScalar T>
  void add_values(Index sample, Index count, const T* prediction, const T* truth);
  /// Ends a batch of `samples` samples whose values have been added. Collective.
  void finish_batch(const Communicator& communicator, Index samples);

  /// The metrics of all finished batches; no communication.
  Metrics result() const;

 private:
  /// Mean and sum of squared deviations of the truth, merged part by part (Chan, Golub, LeVeque 1979).
  struct Moments {
    double values = 0.0, mean = 0.0, deviations = 0.0;
    void merge(const Moments& other);
  };

  double squared_error_ = 0.0;
  double absolute_error_ = 0.0;
  double max_error_ = 0.0;
  double relative_errors_ = 0.0;
  Moments truth_;
  Index samples_ = 0;

  /// Of this rank and the batch at hand: per sample squared errors and squared truths, and the rest of all samples.
  std::vector<double> batch_squares_;
  double batch_absolute_ = 0.0;
  Moments batch_truth_;
};

}  // namespace tessera
