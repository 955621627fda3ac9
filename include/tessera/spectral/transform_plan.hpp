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

/// How distributed axes are transformed. The first three do all of them in one exchange per direction.
enum class Schedule {
  automatic,     ///< every distributed axis by exchange or by partial sums, whichever is cheaper in all (transfer_cost)
  exchange,      ///< all distributed axes brought home, after every local axis has been truncated
  partial_sums,  ///< every rank transforms its slab of each distributed axis; the retained modes are summed at their
                 ///< owners
  grady,         ///< two-dimensional pencils, four exchanges per block (Grady et al., arXiv 2204.01205)
  witte          ///< one distributed axis, two exchanges per block (Witte et al., SciAI4Industry)
};

const char* schedule_name(Schedule schedule) noexcept;
/// Throws ConfigError naming the known schedules.
Schedule schedule_from_name(std::string_view name);

/// Bytes a link moves in the latency of one message: 2 us at 10 GB/s.
inline constexpr Index kBytesPerMessage = 20'000;
/// Schedules are weighed for one sample per rank on the batch axis, of this many channels, in single precision. Batch,
/// width and precision at hand do not enter, so that a model's spectral weights lie on the same ranks for all of them.
inline constexpr Index kWeighedChannels = 20;

/// bytes + kBytesPerMessage * messages: what a schedule is chosen by.
Index transfer_cost(const Traffic& traffic) noexcept;

/// How one grid axis is transformed: whole on every rank; whole after a repartition; in slabs whose partial sums are
/// added at the owners of the modes.
enum class AxisRoute { local, exchange, partial_sums };

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

  friend bool operator==(const TransformStep&, const TransformStep&) = default;
};

/// The steps from a real grid tensor [batch, channel, grid...] to its retained spectrum [batch, channel, kept...].
/// The synthesis direction is the same list reversed.
struct TransformPlan {
  Schedule schedule;  ///< as asked for; what it led to: axis_routes()
  SpectralGrid spectral;
  std::vector<TransformStep> steps;
  Shape grid_shape, spectrum_shape;
  RankGrid grid_ranks, spectrum_ranks;

  /// One entry per grid axis.
  std::vector<AxisRoute> axis_routes() const;

  /// What the rank at `position` sends in the analysis or the synthesis direction, for reals of `real_bytes` bytes.
  Traffic analysis_traffic(Index position, Index real_bytes) const;
  Traffic synthesis_traffic(Index position, Index real_bytes) const;
  /// The most bytes and the most messages any rank sends in an analysis plus a synthesis: a block's forward pass.
  Traffic busiest_traffic(Index real_bytes) const;

  /// The routes in words: "exchange of grid axis 0, partial sums of grid axis 1"; "local" where no ranks move.
  std::string summary() const;
  /// The summary, then one line per step.
  std::string describe() const;
};

/// Plans the transform of a real tensor [batch, channels, grid...] whose ranks form `ranks` (one entry per tensor axis,
/// entry i cutting axis i). Ranks on the batch axis stay; ranks on the channel axis and on grid axes move onto modes,
/// so that every rank ends up with all channels of some modes, spread over as many axes as it takes to give every rank
/// work.
///
/// Every schedule but grady transforms all local axes first, then those that go by partial sums, then moves the ranks
/// once, then transforms the axes brought home.
/// - automatic: of all subsets of the distributed axes that can go by partial sums, that with the least transfer_cost
///   of the busiest rank's analysis plus synthesis; among equals, fewer messages, then fewer axes by partial sums. It
///   sends at most as many bytes as witte where that serves the partition: there, bytes come before messages.
/// - exchange: no axis by partial sums; where no grid axis is local, the one that costs least.
/// - partial_sums: all distributed axes.
/// Throws PartitionError when `ranks` does not fit, or the schedule cannot serve it.
TransformPlan plan_transform(Index batch, Index channels, const SpectralGrid& spectral, const RankGrid& ranks,
                             Schedule schedule);

/// One row of the comparison of schedules.
struct ScheduleOption {
  std::string name;  ///< the plan's summary; grady and witte by their names
  TransformPlan plan;
  bool chosen;  ///< takes the steps of plan_transform
};

/// What plan_transform chose from: every subset of the distributed axes by partial sums, then grady and witte where
/// they serve. Empty where no ranks move. Throws what plan_transform throws.
std::vector<ScheduleOption> schedule_options(Index batch, Index channels, const SpectralGrid& spectral,
                                             const RankGrid& ranks, Schedule schedule);

}  // namespace tessera
