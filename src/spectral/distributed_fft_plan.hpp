#pragma once

#include <string>
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

/// The source's ranks in the grid of a stage.
Partition stage_partition(const FftStage& stage, const Partition& source);

/// One line per stage: the axes transformed on its grid. Before all but the first: "exchange" and `how`.
std::string describe(const std::vector<FftStage>& stages, const std::string& how);

/// [..., N / 2 + 1]
Shape half_spectrum(Shape shape);

/// What an unnormalised backward transform of factors times a spectrum is.
enum class FftBackward { inverse, adjoint };

/// The factor of each mode of the last axis: 1 / prod(N) for the inverse. The adjoint of a real transform has 1 / 2
/// where the backward transform adds a conjugate that is no variable of its own, else 1. `shape` has the cells.
std::vector<double> backward_factors(const Shape& shape, std::size_t grid_axes, bool real, FftBackward kind);

}  // namespace tessera
