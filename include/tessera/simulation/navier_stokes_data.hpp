#pragma once

/// \file
/// Samples of sphere wakes on any number of ranks.

#include <memory>

#include "tessera/simulation/sphere_flow.hpp"

namespace tessera {

/// Memory one sample takes, summed over its ranks, in bytes (an estimate).
Index bytes_per_sample(const SphereFlowSettings& settings);

/// As few ranks as hold a sample in 2 GiB each, but no fewer than leave no rank idle when there are fewer samples than
/// ranks.
int default_ranks_per_sample(const SphereFlowSettings& settings, Index samples, int world_size);

/// Divides `ranks` over the grid axes, x first: [1, 1, Px, Py, Pz]. One divided axis costs one exchange per transform.
Shape flow_rank_grid(Index ranks, const Shape& grid);

/// One sample on all ranks of a communicator. Its content depends on the settings and its number alone, whatever the
/// ranks, to rounding. Collective. Throws what SphereFlow throws.
SphereFlowSample simulate_sphere_flow(const std::shared_ptr<const Communicator>& ranks,
                                      const SphereFlowSettings& settings, Index sample);

}  // namespace tessera
