#pragma once

/// \file
/// Generation of a whole data set of sphere wakes on any number of ranks.

#include <functional>
#include <memory>

#include "tessera/simulation/sphere_flow.hpp"

namespace tessera {

/// Which samples to simulate, and on how many ranks each.
struct NavierStokesDataSettings {
  SphereFlowSettings sphere_flow;
  /// Samples first_sample .. first_sample + samples - 1; a sample's content depends on its number and the seed alone.
  Index first_sample = 0;
  Index samples = 64;
  /// Ranks that share one sample; 0 lets default_ranks_per_sample choose.
  int ranks_per_sample = 0;
};

/// Receives one sample on the ranks of the group that simulated it: obstacle [1, 1, x, y, z, 1] and vorticity
/// [1, 1, x, y, z, t]. It may communicate over the tensors' communicator, but not over the world: other groups call it
/// for their samples at the same time, and some ranks not at all. Within a group it must throw on every rank or on
/// none.
using SampleSink =
    std::function<void(Index sample, const DistTensor<float>& obstacle, const DistTensor<float>& vorticity)>;
/// Told, on every rank after each round, how many of the samples have been handed over.
using SampleProgress = std::function<void(Index done, Index samples)>;

/// Memory one sample takes, summed over its ranks, in bytes (an estimate).
Index bytes_per_sample(const SphereFlowSettings& settings);

/// As few ranks as hold a sample in 2 GiB each, but no fewer than leave no rank idle when there are fewer samples than
/// ranks.
int default_ranks_per_sample(const NavierStokesDataSettings& settings, int world_size);

/// Divides `ranks` over the grid axes, x first: [1, 1, Px, Py, Pz]. One divided axis costs one exchange per transform.
Shape flow_rank_grid(Index ranks, const Shape& grid);

/// Simulates the samples on groups of ranks side by side, one sample per group and round; each goes to `sink` at once.
/// Ranks that fill no group stay idle. Collective over `world`. Throws ConfigError for bad settings; a failure of any
/// sample (NumericError) or sink is thrown on every rank at the end of its round.
void generate_navier_stokes(const std::shared_ptr<const Communicator>& world, const NavierStokesDataSettings& settings,
                            const SampleSink& sink, const SampleProgress& progress = {});

}  // namespace tessera
