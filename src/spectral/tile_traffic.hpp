#pragma once

#include "tessera/comm/traffic.hpp"
#include "tessera/tensor/rank_grid.hpp"

namespace tessera {

/// Elements (as bytes of 1) and messages the rank at `position` sends when every tile of `to` is filled from the tile
/// of `from` at `position`: the cost of a repartition in either direction, copies included. Zeros where `position` is
/// in neither grid. The tiles met are counted axis by axis, so the number of ranks does not matter.
Traffic tile_traffic(const Shape& shape, const RankGrid& from, const RankGrid& to, Index position);

}  // namespace tessera
