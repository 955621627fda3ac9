#include "tessera/simulation/navier_stokes_data.hpp"

#include <algorithm>
#include <optional>
#include <string>

namespace tessera {

namespace {

constexpr Index kBytesPerRank = Index{2} << 30;
/// Doubles held per cell at the peak of a step: fields and their spectrum, rate, velocity, carried register, damping,
/// and the buffers of a transform.
constexpr Index kDoublesPerCell = 32;

int checked_ranks_per_sample(const NavierStokesDataSettings& settings, int world_size) {
  settings.sphere_flow.validate();
  if (settings.first_sample < 0 || settings.samples < 1) {
    throw ConfigError("generate_navier_stokes: samples must be at least 1 and first_sample not negative, got " +
                      std::to_string(settings.samples) + " and " + std::to_string(settings.first_sample));
  }
  if (settings.ranks_per_sample < 0 || settings.ranks_per_sample > world_size) {
    throw ConfigError("generate_navier_stokes: ranks_per_sample must be between 0 and the number of ranks " +
                      std::to_string(world_size) + ", got " + std::to_string(settings.ranks_per_sample));
  }
  return settings.ranks_per_sample > 0 ? settings.ranks_per_sample : default_ranks_per_sample(settings, world_size);
}

}  // namespace

Index bytes_per_sample(const SphereFlowSettings& settings) {
  const Index bytes_per_cell = kDoublesPerCell * static_cast<Index>(sizeof(double)) +
                               (settings.snapshots + 1) * static_cast<Index>(sizeof(float));
  return volume(settings.flow.grid) * bytes_per_cell;
}

int default_ranks_per_sample(const NavierStokesDataSettings& settings, int world_size) {
  const Index for_memory = (bytes_per_sample(settings.sphere_flow) + kBytesPerRank - 1) / kBytesPerRank;
  const Index to_stay_busy = world_size / std::max<Index>(settings.samples, 1);
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

void generate_navier_stokes(const std::shared_ptr<const Communicator>& world, const NavierStokesDataSettings& settings,
                            const SampleSink& sink, const SampleProgress& progress) {
  const int per_sample = checked_ranks_per_sample(settings, world->size());
  const Index groups = std::min<Index>(world->size() / per_sample, settings.samples);
  const int group = world->rank() / per_sample;
  const bool works = group < groups;
  const auto ranks = std::make_shared<const Communicator>(world->split(works ? group : -1, world->rank()));
  std::optional<SphereFlow> flow;
  world->together([&] {
    const Shape rank_grid = flow_rank_grid(per_sample, settings.sphere_flow.flow.grid);
    if (works) flow.emplace(Partition(ranks, rank_grid), settings.sphere_flow);
  });

  for (Index done = 0; done < settings.samples;) {
    const Index count = std::min(groups, settings.samples - done);
    world->together([&] {
      if (group >= count) return;
      const Index number = settings.first_sample + done + group;
      const SphereFlowSample sample = flow->simulate(number);
      sink(number, sample.obstacle, sample.vorticity);
    });
    done += count;
    if (progress) progress(done, settings.samples);
  }
}

}  // namespace tessera
