#include "simulation/co2_wells.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "tessera/core/error.hpp"
#include "tessera/core/random.hpp"

namespace tessera {

namespace {

/// Active cells among the completed layers of a column.
std::vector<Index> open_layers(const Co2FlowSettings& settings, const Co2Rock& rock, Index x, Index y) {
  const Shape& grid = settings.grid;
  std::vector<Index> layers;
  for (Index z = grid[2] - settings.completed_layers(); z < grid[2]; ++z) {
    if (rock.active[static_cast<std::size_t>((z * grid[1] + y) * grid[0] + x)] != 0) layers.push_back(z);
  }
  return layers;
}

std::vector<Co2Well> possible_wells(const Co2FlowSettings& settings, const Co2Rock& rock) {
  const Index margin = settings.wells.margin;
  std::vector<Co2Well> places;
  for (Index x = margin; x < settings.grid[0] - margin; ++x) {
    for (Index y = margin; y < settings.grid[1] - margin; ++y) {
      std::vector<Index> layers = open_layers(settings, rock, x, y);
      if (!layers.empty()) places.push_back({x, y, 0.0, std::move(layers)});
    }
  }
  return places;
}

}  // namespace

std::vector<Co2Well> draw_co2_wells(const Co2FlowSettings& settings, const Co2Rock& rock, Index sample) {
  // The numbers of a sample: how many wells, then place and rate of each. A place is drawn among those that are left;
  // should the first ones leave no room for the others, all are drawn again.
  constexpr std::uint64_t kNumbersPerSample = std::uint64_t{1} << 20;
  constexpr int kAttempts = 200;
  const Co2WellSettings& limits = settings.wells;
  const RandomStream random(settings.seed, "CO2 flow wells");
  std::uint64_t next = static_cast<std::uint64_t>(sample) * kNumbersPerSample;
  const auto below = [&](std::size_t count) {
    return std::min(static_cast<std::size_t>(random.uniform(next++) * static_cast<double>(count)), count - 1);
  };
  const std::size_t count = static_cast<std::size_t>(limits.min_wells) +
                            below(static_cast<std::size_t>(limits.max_wells - limits.min_wells + 1));
  const std::vector<Co2Well> places = possible_wells(settings, rock);
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    std::vector<Co2Well> left = places, wells;
    while (wells.size() < count && !left.empty()) {
      wells.push_back(left[below(left.size())]);
      Co2Well& well = wells.back();
      well.rate = limits.min_rate + (limits.max_rate - limits.min_rate) * random.uniform(next++);
      std::erase_if(left, [&](const Co2Well& other) {
        return std::max(std::abs(other.x - well.x), std::abs(other.y - well.y)) < limits.distance;
      });
    }
    if (wells.size() == count) return wells;
  }
  throw ConfigError("CO2 flow: sample " + std::to_string(sample) + ": found no room for " + std::to_string(count) +
                    " wells on a grid of " + to_string(settings.grid) + " with margin " +
                    std::to_string(limits.margin) + " and distance " + std::to_string(limits.distance) +
                    ", in active cells of the " + std::to_string(settings.completed_layers()) +
                    " completed layers, in " + std::to_string(kAttempts) + " attempts");
}

}  // namespace tessera
