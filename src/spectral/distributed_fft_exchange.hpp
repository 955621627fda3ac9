#pragma once

#include <vector>

#include "spectral/distributed_fft_memory.hpp"
#include "spectral/distributed_fft_tile.hpp"
#include "tessera/tensor/dist_tensor.hpp"

namespace tessera {

/// The tiles of one partition, handed over piece by piece, become those of another. A piece goes straight into the
/// memory of a rank on the same node; for other ranks it is gathered into one message each.
template <Scalar U>
class TileExchange {
 public:
  /// Both spaces have one shape and use one communicator. `memory` has room for this rank's tile of `to` and outlives
  /// this object.
  TileExchange(const TensorSpace& from, const TensorSpace& to, const NodeRanks& ranks, const NodeMemory& memory);

  /// Waits until the ranks of the node have done with the tiles that are about to be overwritten. Collective.
  void begin() const { memory_.synchronise(); }
  /// `box` of the old tile, in global indices, whose first cell is at `values`.
  void store(const TileBox& box, const U* values, const TileEntries& strides) const;
  /// Sends the messages and waits until this rank's new tile is complete; returns it. Collective.
  U* finish() const;

 private:
  /// What this rank's old tile and another rank's new tile share.
  struct Target {
    TileBox shared;
    U* array;  ///< the other's tile, or a message
    TileEntries origin, strides;
    bool past_caches;
  };
  struct Source {
    TileBox shared;
    U* buffer;
  };

  void add_target(int rank, const TileBox& shared, const Box& their_tile, const NodeRanks& ranks);
  void add_source(int rank, const TileBox& shared);
  void assign_buffers();
  Index offset_in_tile(const TileBox& box) const { return box.offset(tile_.start, tile_strides_); }

  const NodeMemory& memory_;
  const Communicator& communicator_;
  TileBox tile_;  ///< this rank's new tile
  TileEntries tile_strides_{};
  std::vector<Target> targets_;
  std::vector<Source> unpacked_;  ///< messages whose cells are not contiguous in the new tile
  std::vector<Message> sends_, receives_;
  std::vector<std::size_t> send_targets_;  ///< entry i: the target that message i serves
  Index stored_bytes_ = 0;                 ///< put straight into other ranks' memory, per exchange
  Index stored_pieces_ = 0;
  Buffer<U> send_buffer_, receive_buffer_;
};

}  // namespace tessera
