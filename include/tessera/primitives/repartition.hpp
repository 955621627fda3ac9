#pragma once

/// \file
/// From one partition of a tensor to another.

#include <vector>

#include "tessera/core/storage.hpp"
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
/// split, so counts may exceed 2^31 - 1. Cells that follow each other in a tile are sent from and received in their
/// place, others are gathered into a buffer; cells that stay on their rank are copied while the messages travel.
///
/// Collective over the communicator. Throws PartitionError when the source replicates or a partition does not fit.
/// Source: Hewett & Grady, arXiv 2006.03108, section 3 (generalised all-to-all).
template <Scalar T>
class Repartition final : public LinearOperator<T> {
 public:
  Repartition(const Shape& shape, const Partition& source, const Partition& target, std::string name = "Repartition");

 private:
  /// What this rank's tile and another rank's share.
  struct Piece {
    int rank;
    Box box;           ///< relative to this rank's tile
    Index elements;    ///< of the box
    Index place;       ///< where the box begins in the tile, if it is one run of it; -1 otherwise
    Index offset = 0;  ///< in the message buffer
  };
  struct Side {
    std::vector<Piece> pieces;
    Box stays;           ///< shared with this rank's own tile on the other side, relative to this one
    Index strided = 0;   ///< elements of all pieces that are no run: they come first in the buffer
    Index elements = 0;  ///< of all pieces
    mutable Storage<T> buffer;
  };

  Side make_side(const TensorSpace& own, const TensorSpace& other) const;
  std::vector<Message> messages(const Side& side, T* tile, bool in_place) const;
  void move(const Side& from, const DistTensor<T>& source, const Side& to, DistTensor<T>& target,
            bool accumulate) const;
  void do_forward(const DistTensor<T>& x, DistTensor<T>& y) const override;
  void do_adjoint(const DistTensor<T>& y, DistTensor<T>& x) const override;

  Side outgoing_;
  Side incoming_;
};

/// What the rank at `position` sends, in elements and messages, when a tensor of `shape` goes from grid to grid, both
/// over the same ranks in the same order; the cost of Repartition::forward without building it. Zeros where `position`
/// is in neither grid (-1).
Traffic repartition_traffic(const Shape& shape, const RankGrid& source, const RankGrid& target, Index position);
/// The same for Repartition::adjoint (from `target` back to `source`).
Traffic repartition_adjoint_traffic(const Shape& shape, const RankGrid& source, const RankGrid& target, Index position);

}  // namespace tessera
