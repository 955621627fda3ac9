#pragma once

/// \file
/// From one partition of a tensor to another.

#include <vector>

#include "tessera/core/buffer.hpp"
#include "tessera/primitives/linear_operator.hpp"

namespace tessera {

/// The same global tensor on another partition: scatter, gather, transpose of pencils, all-gather.
///
///   forward:  every target rank receives the cells of its tile from the ranks that own them
///   adjoint:  the cells travel back; where the target replicates, the copies are summed at the owner, so that the
///             forward direction is an all-gather and the adjoint a reduce-scatter
///
/// Source and target may use different ranks, uneven tiles and empty tiles; the source may not replicate.
/// Each pair of ranks that shares cells exchanges one message; a message larger than the communicator's chunk size is
/// split, so counts may exceed 2^31 - 1. Cells that stay on their rank are copied locally.
///
/// Collective over the communicator. Throws PartitionError when the source replicates or a partition does not fit.
/// Source: Hewett & Grady, arXiv 2006.03108, section 3 (generalised all-to-all).
template <Scalar T>
class Repartition final : public LinearOperator<T> {
 public:
  Repartition(const Shape& shape, const Partition& source, const Partition& target, std::string name = "Repartition");

 private:
  /// A box, in global indices, shared with one rank, at `offset` elements in that side's message buffer.
  struct Piece {
    int rank;
    Box box;
    Index offset;
  };
  struct Side {
    std::vector<Piece> pieces;
    Index elements = 0;
    mutable Buffer<T> buffer;
  };

  void add_pieces(const Box& mine, const TensorSpace& other_space, Side& side);
  void move(const Side& from, const DistTensor<T>& source, const Side& to, DistTensor<T>& target,
            bool accumulate) const;
  void do_forward(const DistTensor<T>& x, DistTensor<T>& y) const override;
  void do_adjoint(const DistTensor<T>& y, DistTensor<T>& x) const override;

  Side outgoing_;
  Side incoming_;
  Box stays_;
};

/// What the rank at `position` sends, in elements and messages, when a tensor of `shape` goes from grid to grid, both
/// over the same ranks in the same order; the cost of Repartition::forward without building it. Zeros where `position`
/// is in neither grid (-1).
Traffic repartition_traffic(const Shape& shape, const RankGrid& source, const RankGrid& target, Index position);
/// The same for Repartition::adjoint (from `target` back to `source`).
Traffic repartition_adjoint_traffic(const Shape& shape, const RankGrid& source, const RankGrid& target, Index position);

}  // namespace tessera
