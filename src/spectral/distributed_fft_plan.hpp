#pragma once

#include <vector>

#include "tessera/spectral/distributed_fft.hpp"
#include "tessera/tensor/rank_grid.hpp"

namespace tessera {

/// The axes transformed while the tensor is divided by `grid`, in any order but for a real axis, which comes first.
struct FftStage {
  RankGrid grid;
  std::vector<std::size_t> axes;
};

/// Where a tensor of `shape` goes on its way to its spectrum: the first stage's grid is `source`, the last one's is the
/// spectrum's; between two stages the tiles are exchanged. Every stage brings home as many axes that are still to be
/// transformed as the ranks leave room for; the ranks go where the largest tile becomes smallest, then where fewest
/// axes change, then to the earliest axes. `real`: the last axis is transformed first and has half the modes after it.
/// Where there is one axis only, the first rank transforms it.
std::vector<FftStage> plan_fft_stages(const Shape& shape, std::size_t grid_axes, bool real, const RankGrid& source,
                                      FftOrder order);

/// [..., N / 2 + 1]
Shape half_spectrum(Shape shape);

}  // namespace tessera
