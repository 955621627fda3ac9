#pragma once

/// \file
/// Where a trainer gets its samples from.

#include <span>

#include "tessera/tensor/dist_tensor.hpp"

namespace tessera {

/// A set of pairs (input, output), read by batch. Implementations read only this rank's tile.
class SampleSource {
 public:
  virtual ~SampleSource() = default;

  virtual Index sample_count() const = 0;
  /// Shapes of one sample, [channel, grid...].
  virtual const Shape& input_shape() const = 0;
  virtual const Shape& output_shape() const = 0;

  /// Fills the batches, [samples.size(), channel, grid...] on any partition, with the listed samples in that order.
  /// Collective over the tensors' communicator.
  virtual void read(std::span<const Index> samples, DistTensor<float>& input, DistTensor<float>& output) const = 0;
  virtual void read(std::span<const Index> samples, DistTensor<double>& input, DistTensor<double>& output) const = 0;
};

}  // namespace tessera
