#pragma once

/// \file
/// Batches that are read while the one before them is computed with.

#include <memory>
#include <vector>

#include "tessera/models/fno.hpp"
#include "tessera/training/sample_source.hpp"

namespace tessera {

/// The batches of a sequence of samples, in order. While the caller works on one batch, a thread of this rank reads its
/// tiles of the next, so that two batches are in memory; where the source does not read by fields, each batch is read
/// when it is asked for. Constructing it and `next` are collective over the model's communicator, and take place in the
/// same order relative to other collective operations on all ranks. Model and source must outlive it.
template <RealScalar T>
class ReadAhead {
 public:
  struct Batch {
    std::vector<Index> samples;
    DistTensor<T> input, output;  ///< in model.input_space and output_space, in the units of the data
  };

  /// Batches of `batch_size` samples, the last one smaller if need be. Begins to read the first. ArgumentError for a
  /// batch size below 1, errors of SampleSource::open.
  ReadAhead(const Fno<T>& model, const SampleSource& source, std::vector<Index> samples, Index batch_size);
  /// Waits for a batch that is being read.
  ~ReadAhead();

  /// Whether there is no next batch.
  bool done() const noexcept { return first_ >= static_cast<Index>(samples_.size()); }
  /// The next batch; begins to read the one after it. Errors of the reading, on whatever rank, are thrown on all.
  Batch next();

  /// Seconds that this rank spent in `next`, and in construction: waiting for data, and copying them to a device.
  double seconds_waited() const noexcept { return seconds_; }

 private:
  struct Reading;
  void begin();

  const Fno<T>& model_;
  const SampleSource& source_;
  std::vector<Index> samples_;
  Index batch_size_;
  Index first_ = 0;  ///< of the next batch, in samples_
  double seconds_ = 0.0;
  std::unique_ptr<Reading> reading_;
};

}  // namespace tessera
