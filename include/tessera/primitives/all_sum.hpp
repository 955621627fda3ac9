#pragma once

/// \file
/// The sum over replicas, known to all of them.

#include "tessera/primitives/linear_operator.hpp"

namespace tessera {

/// Sums the copies of a replicated tensor and gives every copy the sum:  y_c = sum_{c'} x_{c'} over the ranks whose
/// coordinates differ from c on the summed grid axes only. Self-adjoint.
///
/// `axes` are grid axes of the space's partition that replicate; all of them when the list is empty.
/// Collective. Throws PartitionError when a listed axis does not replicate.
/// Source: Hewett & Grady, arXiv 2006.03108, section 3 (all-sum-reduce).
template <Scalar T>
class AllSum final : public LinearOperator<T> {
 public:
  explicit AllSum(const TensorSpace& space, std::vector<int> axes = {});

 private:
  void do_forward(const DistTensor<T>& x, DistTensor<T>& y) const override;
  void do_adjoint(const DistTensor<T>& y, DistTensor<T>& x) const override { do_forward(y, x); }

  Communicator group_;
};

}  // namespace tessera
