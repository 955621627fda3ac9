#pragma once

/// \file
/// From the ranks of one partition to those of another, tile by tile.

#include <list>
#include <string>

#include "tessera/core/transfer_buffer.hpp"
#include "tessera/primitives/linear_operator.hpp"

namespace tessera {

/// Moves a tensor to other ranks without cutting it anew: what one stage of a pipeline hands to the next.
///
///   forward:  the rank at position p of the source sends its tile to the rank at position p of the target, y_p = x_p
///   adjoint:  the tile travels back, x_p = y_p
///
/// Both partitions have the same grid, on ranks of one communicator that are in one of them only. A replicating grid is
/// allowed: every copy goes to its own partner. Empty tiles are not sent.
///
/// Only the ranks of the two partitions take part, each with its partner alone. The one that sends copies its tile and
/// returns at once, so that it may be any number of calls ahead of the one that receives; between two ranks, calls
/// match in order for each direction. What is still under way is waited for when the operator ends. Tiles of CUDA
/// devices go through page-locked memory of the host: NCCL's sends occupy their stream until the other side receives,
/// so that a sender that runs ahead would wait for a receiver that waits for it. Throws PartitionError when the grids
/// differ or a rank is in both. Source: Hewett & Grady, arXiv 2006.03108, section 3 (send and receive).
template <Scalar T>
class SendReceive final : public LinearOperator<T> {
 public:
  SendReceive(const Shape& shape, const Partition& source, const Partition& target, std::string name = "SendReceive");

  /// Gives MPI an occasion to move what this rank has sent; during long computations. Local.
  void progress() const;

 private:
  struct Sent {
    TransferBuffer<T> tile;
    PendingMessages message;  ///< ends before its memory
  };

  void send(const DistTensor<T>& tensor) const;
  void receive(DistTensor<T>& tensor) const;
  void do_forward(const DistTensor<T>& x, DistTensor<T>& y) const override;
  void do_adjoint(const DistTensor<T>& y, DistTensor<T>& x) const override;
  /// Every rank is on its own: the two sides may call forward and adjoint in different orders.
  const Communicator& participants() const override;

  bool is_source_, is_target_;
  int partner_ = -1;
  mutable std::list<Sent> sent_;
  mutable TransferBuffer<T> received_;  ///< on its way to a device
};

}  // namespace tessera
