#pragma once

/// \file
/// Scaling of data to zero mean and unit deviation.

#include <functional>
#include <vector>

#include "tessera/training/sample_source.hpp"

namespace tessera {

/// Per channel: normalised = (x - mean) / deviation. A constant channel has deviation 1. Fitted on the training set and
/// stored with the model.
struct Normaliser {
  std::vector<double> mean;
  std::vector<double> deviation;

  /// Leaves data as it is.
  static Normaliser identity(Index channels);

  /// In place on [batch, channel, grid...]; local. Throws ShapeError when the channel count differs.
  template <RealScalar T>
  void normalise(DistTensor<T>& x) const;
  template <RealScalar T>
  void restore(DistTensor<T>& x) const;

  /// The same on the values of a box of such a tensor, which has mean.size() channels.
  template <RealScalar T>
  void normalise(const Box& box, T* values) const;
  template <RealScalar T>
  void restore(const Box& box, T* values) const;
};

/// Normalisers of inputs and outputs.
struct NormaliserPair {
  Normaliser input, output;
};

/// Means and deviations over all samples of a source, read on the given partition (batch, channel, grid axes) slab by
/// slab. Collective. `progress(n)` is called on every rank when n samples have been read, fractions included.
NormaliserPair fit_normalisers(const SampleSource& source, const Partition& partition,
                               const std::function<void(double)>& progress = {});

}  // namespace tessera
