#pragma once

/// \file
/// What an Fno costs each rank, in bytes sent and bytes held, before anything is allocated.

#include <vector>

#include "tessera/models/fno.hpp"
#include "tessera/spectral/transform_plan.hpp"

namespace tessera {

/// Memory of one rank during a training step, in bytes.
struct RankMemory {
  Index parameters = 0;     ///< the tiles of the weights this rank stores
  Index gradients = 0;      ///< of those
  Index moments = 0;        ///< Adam's, of those: the second moment of a complex weight is real
  Index weight_copies = 0;  ///< copies of weights that ranks share
  Index activations = 0;    ///< input and target, pre-activations (see Activations), and modes
  Index working = 0;        ///< of the passes on a CUDA device; not counted on the CPU

  Index total() const { return parameters + gradients + moments + weight_copies + activations + working; }
  friend bool operator==(const RankMemory&, const RankMemory&) = default;
};

/// The costs of an Fno on a rank grid [batch, channel, grid...]. Pure arithmetic: for any number of ranks, on any
/// machine, not collective.
class FnoCost {
 public:
  /// `real_bytes`: bytes of a real number, 4 or 8. `on_cuda`: for ranks that compute on CUDA devices. Throws what
  /// FnoConfig::validate and plan_transform throw.
  FnoCost(const FnoConfig& config, Index batch, const RankGrid& ranks, Index real_bytes, bool on_cuda = false);

  /// The steps of the transform of one block.
  const TransformPlan& transform() const noexcept { return plan_; }
  const RankGrid& ranks() const noexcept { return plan_.grid_ranks; }
  bool on_cuda() const noexcept { return on_cuda_; }

  /// What the rank at `position` sends in the spectral convolutions of all blocks: in one forward pass (an analysis and
  /// a synthesis per block), and in a forward and a backward pass (the adjoints move the same data back). Equals what
  /// the traffic ledger books under TruncatedFft and TruncatedInverseFft.
  Traffic forward_traffic(Index position) const;
  Traffic training_traffic(Index position) const;

  /// What the rank at `position` holds between forward and backward pass. On the CPU working memory comes on top: tiles
  /// of every thread and modes of a few planes, some megabytes. On a CUDA device that is counted, but not what kernels
  /// and exchanges take for a moment, nor what CUDA itself takes.
  RankMemory memory(Index position) const;

 private:
  /// A weight, the rank grid that uses it, and its reals per entry.
  struct Weight {
    Shape shape;
    RankGrid use;
    Index reals;
  };

  void list_weights();
  Index activation_bytes(Index position) const;
  Shape partial_extents(const RankGrid& passes, Index position) const;
  Index moved_fields(const RankGrid& passes, const Shape& in_shape, const Shape& out_shape, Index position) const;
  Index copy_bytes(const Weight& weight) const;

  FnoConfig config_;
  Index batch_;
  Index real_bytes_;
  bool on_cuda_;
  TransformPlan plan_;
  std::vector<Weight> weights_;
};

}  // namespace tessera
