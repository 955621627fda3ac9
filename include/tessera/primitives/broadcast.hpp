#pragma once

/// \file
/// Copying tiles along grid axes, and the sum that undoes it.

#include <memory>
#include <vector>

#include "tessera/primitives/linear_operator.hpp"

namespace tessera {

/// Copies the tiles of a tensor along the grid axes on which the source has length 1.
///
/// Grids are aligned at their last axis, missing leading axes count as length 1, and on every axis the source has the
/// target's length or length 1 (the rule of DistDL). The target rank at coordinates c receives the tile of the source
/// rank at c with 0 on the axes of length 1:
///
///   forward:  y_c = x_{s(c)}             adjoint:  x_s = sum over c with s(c) = s of y_c
///
/// The range replicates on the copied axes; on the others it cuts what the source cuts. Ranks may be in either, both
/// or none of the two grids. Collective over the communicator. Throws PartitionError when the grids do not align.
/// Source: Hewett & Grady, arXiv 2006.03108, section 3 (broadcast and sum-reduce).
template <Scalar T>
class Broadcast final : public LinearOperator<T> {
 public:
  Broadcast(const Shape& shape, const Partition& source, const Partition& target);

 private:
  /// The ranks that share one source tile; rank 0 of `ranks` owns it.
  struct Group {
    Communicator ranks;
    bool is_source;
    bool is_target;
  };

  void do_forward(const DistTensor<T>& x, DistTensor<T>& y) const override;
  void do_adjoint(const DistTensor<T>& y, DistTensor<T>& x) const override;

  std::vector<Group> groups_;
};

/// The adjoint of Broadcast as a forward operator: sums the tiles along the axes on which the target has length 1.
/// The domain replicates on those axes. Same rules and errors as Broadcast with source and target exchanged.
template <Scalar T>
class SumReduce final : public LinearOperator<T> {
 public:
  SumReduce(const Shape& shape, const Partition& source, const Partition& target)
      : SumReduce(std::make_unique<const Broadcast<T>>(shape, target, source)) {}

 private:
  explicit SumReduce(std::unique_ptr<const Broadcast<T>> broadcast)
      : LinearOperator<T>("SumReduce", broadcast->range(), broadcast->domain()), broadcast_(std::move(broadcast)) {}
  void do_forward(const DistTensor<T>& x, DistTensor<T>& y) const override { y = broadcast_->adjoint(x); }
  void do_adjoint(const DistTensor<T>& y, DistTensor<T>& x) const override { x = broadcast_->forward(y); }

  std::unique_ptr<const Broadcast<T>> broadcast_;
};

}  // namespace tessera
