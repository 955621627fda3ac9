#pragma once

/// \file
/// How a batch is cut into parts of whole samples that pass through a pipeline one after the other.

#include <algorithm>

#include "tessera/tensor/dist_tensor.hpp"

namespace tessera {

/// Every rank along the batch axis cuts its own samples into `count` balanced runs; run m of all of them is micro-batch
/// m. Balanced runs of balanced tiles are balanced: the tile of a tensor [size(m), ...] on the same partition is the
/// rank's run itself, and nothing travels.
class MicroBatches {
 public:
  /// `batch` samples over `batch_ranks`, in `most` parts, fewer where a rank has not as many samples.
  MicroBatches(Index batch, Index batch_ranks, Index most)
      : batch_(batch),
        batch_ranks_(batch_ranks),
        count_(std::clamp(balanced_range(batch, batch_ranks, 0).extent, Index{1}, most)) {}

  Index count() const noexcept { return count_; }
  /// Samples of micro-batch m on all ranks.
  Index size(Index m) const {
    Index samples = 0;
    for (Index rank = 0; rank < batch_ranks_; ++rank) {
      samples += balanced_range(balanced_range(batch_, batch_ranks_, rank).extent, count_, m).extent;
    }
    return samples;
  }

  /// Micro-batch m of a tensor of the whole batch, and back into it.
  template <class T>
  DistTensor<T> take(const DistTensor<T>& whole, Index m) const {
    Shape shape = whole.shape();
    shape[0] = size(m);
    DistTensor<T> part({std::move(shape), whole.partition()});
    copy_values<T>(part.device(), part.local_size(), whole.data() + offset(whole, m), part.data());
    return part;
  }
  template <class T>
  void put(const DistTensor<T>& part, Index m, DistTensor<T>& whole) const {
    copy_values<T>(part.device(), part.local_size(), part.data(), whole.data() + offset(whole, m));
  }

 private:
  /// Elements of this rank before its run m.
  template <class T>
  Index offset(const DistTensor<T>& whole, Index m) const {
    const Index samples = whole.box().extent[0];
    return samples == 0 ? 0 : whole.local_size() / samples * balanced_range(samples, count_, m).start;
  }

  Index batch_, batch_ranks_, count_;
};

}  // namespace tessera
