#pragma once

/// \file
/// Where a trainer gets its samples from.

#include <memory>
#include <span>

#include "tessera/tensor/field.hpp"

namespace tessera {

/// A batch whose values are read box by box, in shapes [samples, channel, grid...].
template <RealScalar T>
struct BatchFields {
  std::unique_ptr<FieldReader<T>> input, output;
};

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

  /// The same batch as fields, of which each rank reads boxes of its tile of `partition` (one entry per axis), those of
  /// the input reaching over all of its last axis. Collective over the partition's communicator; reading the fields is
  /// not. The source must outlive the fields.
  /// Unless overridden, this reads the batch into memory; a source on disk leaves it there.
  virtual void open(std::span<const Index> samples, const Partition& partition, BatchFields<float>& fields) const;
  virtual void open(std::span<const Index> samples, const Partition& partition, BatchFields<double>& fields) const;

  /// Whether `open` leaves the reading to the fields, which then do not communicate and may be read by another thread
  /// of this rank, one at a time: see ReadAhead.
  virtual bool reads_by_fields() const { return false; }
};

}  // namespace tessera
