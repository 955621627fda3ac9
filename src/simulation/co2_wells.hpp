#pragma once

#include <vector>

#include "simulation/co2_rock.hpp"

namespace tessera {

struct Co2Well {
  Index x, y;                 ///< column, from 0
  double rate;                ///< sm3/day
  std::vector<Index> layers;  ///< open to the well, from 0, ascending
};

/// Draws number, places and rates of a sample's wells. Throws ConfigError when the grid has no room for them.
std::vector<Co2Well> draw_co2_wells(const Co2FlowSettings& settings, const Co2Rock& rock, Index sample);

}  // namespace tessera
