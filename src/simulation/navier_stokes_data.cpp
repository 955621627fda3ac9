#include "tessera/simulation/navier_stokes_data.hpp"

#include <algorithm>

namespace tessera {

namespace {

constexpr Index kBytesPerRank = Index{2} << 30;
/// Doubles held per cell at the peak of a step: fields and their spectrum, rate, velocity, carried register, damping,
/// and the buffers of a transform.
constexpr Index kDoublesPerCell = 32;

}  // namespace

Index bytes_per_sample(const SphereFlowSettings& settings) {
  const Index bytes_per_cell = kDoublesPerCell * static_cast<Index>(sizeof(double)) +
                               (settings.snapshots + 1) * static_cast<Index>(sizeof(float));
  return volume(settings.flow.grid) * bytes_per_cell;
}

int default_ranks_per_sample(const SphereFlowSettings& settings, Index samples, int world_size) {
  const Index for_memory = (bytes_per_sample(settings) + kBytesPerRank - 1) / kBytesPerRank;
  const Index to_stay_busy = world_size / std::max<Index>(samples, 1);
  return static_cast<int>(std::clamp<Index>(std::max(for_memory, to_stay_busy), 1, world_size));
}

Shape flow_rank_grid(Index ranks, const Shape& grid) {
  Shape result{1, 1, 1, 1, 1};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    Index here = std::min(ranks, grid[axis]);
    while (ranks % here != 0) --here;
    result[axis + 2] = here;
    ranks /= here;
  }
  // Ranks that fit on no axis hold empty tiles.
  result[2] *= ranks;
  return result;
}

SphereFlowSample simulate_sphere_flow(const std::shared_ptr<const Communicator>& ranks,
                                      const SphereFlowSettings& settings, Index sample) {
  SphereFlow flow(Partition(ranks, flow_rank_grid(ranks->size(), settings.flow.grid)), settings);
  return flow.simulate(sample);
}

}  // namespace tessera
