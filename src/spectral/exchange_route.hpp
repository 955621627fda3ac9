#pragma once

#include <vector>

#include "tessera/comm/traffic.hpp"
#include "tessera/spectral/spectral_grid.hpp"
#include "tessera/spectral/transform_plan.hpp"

namespace tessera {

/// Grid axes (0-based among them) that are whole on every rank, and those that ranks divide.
struct AxisSets {
  std::vector<std::size_t> local, distributed;
};

/// `extents`: the rank grid [batch, channel, grid...].
AxisSets classify_axes(const Shape& extents);

/// One way to transform all distributed axes with one exchange.
struct ExchangeRoute {
  std::vector<std::size_t> partial;  ///< axes that go by partial sums, ascending; the others come home
  Shape placement;                   ///< ranks per grid axis after the exchange

  /// Axes that are truncated before the exchange, ascending: the local ones and those by partial sums.
  std::vector<std::size_t> truncated(const Shape& extents) const;
  /// Axes that are transformed after it, ascending.
  std::vector<std::size_t> brought_home(const Shape& extents) const;
};

/// What the busiest rank sends in an analysis plus a synthesis under the load that schedules are weighed for.
///
/// All ranks but those of one batch coordinate exchange with one another. With S cells in a rank's slab of the axes
/// that come home and N in all, Q modes of its own on the truncated axes and K in all, and C copies of partial sums,
/// it sends S (K - Q) and Q (C N - S) elements.
Traffic route_traffic(const SpectralGrid& spectral, const Shape& extents, const ExchangeRoute& route);

/// The cheapest placement for every subset of the distributed axes that leaves axes to place the ranks on; subsets of
/// fewer axes first.
std::vector<ExchangeRoute> exchange_routes(const SpectralGrid& spectral, const Shape& extents);

/// The route of the schedules automatic, exchange and partial_sums, by the rules of plan_transform.
ExchangeRoute choose_route(const SpectralGrid& spectral, const Shape& extents, Schedule schedule);

/// Whether the schedule witte serves the rank grid, and its route: all ranks on the next local axis, even where they
/// outnumber its modes.
bool witte_serves(const Shape& extents);
ExchangeRoute witte_route(const Shape& extents);

}  // namespace tessera
