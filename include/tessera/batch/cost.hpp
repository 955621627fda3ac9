#pragma once

/// \file
/// What a data set costs, and from how many simulations on a surrogate trained on it pays.

#include <optional>
#include <span>

#include "tessera/batch/task.hpp"

namespace tessera::batch {

/// What one hour of a machine costs, in any currency, and how many cores one gets for it.
struct MachinePrice {
  double on_demand = 0.0;
  double spot = 0.0;
  int cores = 1;
};

/// machine_hours = sum over tasks of wall_seconds / 3600 * share, where share = ranks threads / cores of a machine for
/// tasks that share machines, and that rounded up for tasks that have whole machines to themselves.
struct DataCost {
  double machine_hours = 0.0;
  double on_demand = 0.0;
  double spot = 0.0;
};

/// `whole_machines`: tasks do not share a machine. ArgumentError for prices below 0 or no cores.
DataCost data_cost(std::span<const TaskUse> uses, const MachinePrice& price, bool whole_machines = false);

/// What a surrogate costs before its first use, and what each use costs with it and without it.
struct SurrogateCost {
  double data = 0.0;  ///< all simulations of the data set
  double training = 0.0;
  double simulation = 0.0;  ///< one run of the simulator
  double inference = 0.0;   ///< one run of the surrogate
};

/// The smallest number n of runs with data + training + n inference <= n simulation: from then on the surrogate has
/// paid for itself. Nothing where it never does (inference costs as much as simulation). ArgumentError for costs below
/// 0. Source: Witte et al., "SciAI4Industry", arXiv 2211.12709, who weigh a data set of CO2 flow of $5,487 and the
/// training against $3.4 a run.
std::optional<Index> break_even(const SurrogateCost& cost);

}  // namespace tessera::batch
