#pragma once

/// \file
/// The planner: which axis is transformed when, and where the ranks move in between. Pure arithmetic: plans can be made
/// and costed for any rank count before anything is allocated.

#include <string>
#include <string_view>
#include <vector>

#include "tessera/comm/traffic.hpp"
#include "tessera/spectral/spectral_grid.hpp"
#include "tessera/tensor/rank_grid.hpp"

namespace tessera {

/// How distributed axes are brought home.
enum class Schedule {
  exchange,      ///< all distributed axes in one exchange, after every local axis has been truncated
  partial_sums,  ///< every rank transforms its slab of each distributed axis; the retained modes are summed at their
                 ///< owners
  grady,         ///< two-dimensional pencils, four exchanges per block (Grady et al., arXiv 2204.01205)
  witte          ///< one distributed axis, two exchanges per block (Witte et al., SciAI4Industry)
};

const char* schedule_name(Schedule schedule) noexcept;
/// Throws ConfigError naming the known schedules.
Schedule schedule_from_name(std::string_view name);

/// One step of the analysis (grid to modes) direction.
struct TransformStep {
  enum class Kind { transform, repartition };

  Kind kind;
  /// transform: the grid axis (0-based among the grid axes), and whether every rank transforms only its own slab of it,
  /// which leaves partial sums.
  std::size_t axis = 0;
  bool partial = false;
  /// Global shape [batch, channel, ...] and rank grid before and after the step. A repartition whose `before`
  /// replicates sums the copies on the way.
  Shape shape_before, shape_after;
  RankGrid before, after;
  /// Whether the data is complex before the step (real until the first transform).
  bool complex_before = false;
};

/// The steps from a real grid tensor [batch, channel, grid...] to its retained spectrum [batch, channel, kept...].
/// The synthesis direction is the same list reversed.
struct TransformPlan {
  Schedule schedule;
  SpectralGrid spectral;
  std::vector<TransformStep> steps;
  Shape grid_shape, spectrum_shape;
  RankGrid grid_ranks, spectrum_ranks;

  /// What the rank at `position` sends in the analysis or the synthesis direction, for reals of `real_bytes` bytes.
  Traffic analysis_traffic(Index position, Index real_bytes) const;
  Traffic synthesis_traffic(Index position, Index real_bytes) const;
  /// One line per step.
  std::string describe() const;
};

/// Plans the transform of a real tensor [batch, channels, grid...] whose ranks form `ranks` (one entry per tensor axis,
/// entry i cutting axis i). Ranks on the batch axis stay; ranks on the channel axis and on grid axes move onto modes,
/// so that every rank ends up with all channels of some modes, spread over as many axes as it takes to give every rank
/// work. Where no grid axis is local, `exchange` transforms one of them by partial sums. Throws PartitionError when
/// `ranks` does not fit, or the schedule cannot serve it.
TransformPlan plan_transform(Index batch, Index channels, const SpectralGrid& spectral, const RankGrid& ranks,
                             Schedule schedule);

}  // namespace tessera
