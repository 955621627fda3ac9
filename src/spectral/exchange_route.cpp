#include "spectral/exchange_route.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <tuple>

#include "spectral/rank_placement.hpp"
#include "spectral/tile_traffic.hpp"

namespace tessera {

namespace {

constexpr std::size_t kFirstGridAxis = 2;
constexpr Index kWeighedComplexBytes = 8;

Index ceil_div(Index a, Index b) { return (a + b - 1) / b; }

/// Ranks that the exchange moves: all that share a batch coordinate.
Index moving_ranks(const Shape& extents) {
  return std::accumulate(extents.begin() + 1, extents.end(), Index{1}, std::multiplies<>());
}

bool contains(const std::vector<std::size_t>& axes, std::size_t axis) {
  return std::find(axes.begin(), axes.end(), axis) != axes.end();
}

/// Most elements that any rank sends, counted rank by rank.
Index most_elements(const SpectralGrid& spectral, const Shape& extents, const ExchangeRoute& route) {
  const std::vector<std::size_t> truncated = route.truncated(extents);
  Shape shape{1, kWeighedChannels};
  Shape ranks{1, extents[1]};
  Shape target{1, 1};
  std::vector<int> cuts{0, 1};
  for (std::size_t axis = 0; axis < spectral.rank(); ++axis) {
    shape.push_back(contains(truncated, axis) ? spectral.kept()[axis] : spectral.grid()[axis]);
    ranks.push_back(extents[kFirstGridAxis + axis]);
    target.push_back(route.placement[axis]);
    cuts.push_back(contains(route.partial, axis) ? RankGrid::kReplicate : static_cast<int>(kFirstGridAxis + axis));
  }
  const RankGrid before(ranks, cuts);
  const RankGrid after(target);
  Index most = 0;
  for (Index position = 0; position < before.size(); ++position) {
    most = std::max(
        most, tile_traffic(shape, before, after, position).bytes + tile_traffic(shape, after, before, position).bytes);
  }
  return most;
}

/// The cheapest of the routes that `admits`; among equals, fewer messages, then the first.
template <class Admits>
std::optional<ExchangeRoute> cheapest(const SpectralGrid& spectral, const Shape& extents,
                                      const std::vector<ExchangeRoute>& routes, Admits&& admits) {
  std::optional<ExchangeRoute> best;
  std::tuple<Index, Index> least;
  for (const ExchangeRoute& route : routes) {
    const Traffic traffic = route_traffic(spectral, extents, route);
    if (!admits(route, traffic)) continue;
    const std::tuple<Index, Index> cost{transfer_cost(traffic), traffic.messages};
    if (best && cost >= least) continue;
    best = route;
    least = cost;
  }
  return best;
}

}  // namespace

AxisSets classify_axes(const Shape& extents) {
  AxisSets sets;
  for (std::size_t axis = 0; axis + kFirstGridAxis < extents.size(); ++axis) {
    (extents[axis + kFirstGridAxis] == 1 ? sets.local : sets.distributed).push_back(axis);
  }
  return sets;
}

std::vector<std::size_t> ExchangeRoute::truncated(const Shape& extents) const {
  std::vector<std::size_t> axes = classify_axes(extents).local;
  axes.insert(axes.end(), partial.begin(), partial.end());
  std::sort(axes.begin(), axes.end());
  return axes;
}

std::vector<std::size_t> ExchangeRoute::brought_home(const Shape& extents) const {
  const std::vector<std::size_t> distributed = classify_axes(extents).distributed;
  std::vector<std::size_t> axes;
  std::set_difference(distributed.begin(), distributed.end(), partial.begin(), partial.end(), std::back_inserter(axes));
  return axes;
}

Traffic route_traffic(const SpectralGrid& spectral, const Shape& extents, const ExchangeRoute& route) {
  if (moving_ranks(extents) == 1) return {};
  Index cells = kWeighedChannels;
  Index slab = ceil_div(kWeighedChannels, extents[1]);
  Index sources = std::min(kWeighedChannels, extents[1]);
  for (const std::size_t axis : route.brought_home(extents)) {
    const Index ranks = extents[kFirstGridAxis + axis];
    cells *= spectral.grid()[axis];
    slab *= ceil_div(spectral.grid()[axis], ranks);
    sources *= std::min(spectral.grid()[axis], ranks);
  }
  Index copies = 1;
  for (const std::size_t axis : route.partial) copies *= extents[kFirstGridAxis + axis];
  Index modes = 1, own = 1, owners = 1;
  for (const std::size_t axis : route.truncated(extents)) {
    modes *= spectral.kept()[axis];
    own *= ceil_div(spectral.kept()[axis], route.placement[axis]);
    owners *= std::min(spectral.kept()[axis], route.placement[axis]);
  }
  // The first rank has the largest slab and the most modes. What a rank sends grows with either, unless it holds most
  // of the other, which then stays at home.
  const bool first_is_busiest = 2 * own <= modes && 2 * slab <= copies * cells;
  const Index elements =
      first_is_busiest ? slab * (modes - own) + own * (copies * cells - slab) : most_elements(spectral, extents, route);
  return {elements * kWeighedComplexBytes, owners + sources * copies - 2};
}

std::vector<ExchangeRoute> exchange_routes(const SpectralGrid& spectral, const Shape& extents) {
  const std::vector<std::size_t> distributed = classify_axes(extents).distributed;
  std::vector<ExchangeRoute> routes;
  for (std::size_t subset = 0; subset < (std::size_t{1} << distributed.size()); ++subset) {
    ExchangeRoute route;
    for (std::size_t i = 0; i < distributed.size(); ++i) {
      if (subset >> i & 1U) route.partial.push_back(distributed[i]);
    }
    const std::vector<std::size_t> truncated = route.truncated(extents);
    if (truncated.empty()) continue;
    std::vector<ExchangeRoute> placed;
    for (Shape& placement : balanced_placements(moving_ranks(extents), spectral.kept(), truncated)) {
      placed.push_back({route.partial, std::move(placement)});
    }
    routes.push_back(*cheapest(spectral, extents, placed, [](const auto&, const auto&) { return true; }));
  }
  std::stable_sort(routes.begin(), routes.end(),
                   [](const auto& a, const auto& b) { return a.partial.size() < b.partial.size(); });
  return routes;
}

ExchangeRoute choose_route(const SpectralGrid& spectral, const Shape& extents, Schedule schedule) {
  const std::vector<ExchangeRoute> routes = exchange_routes(spectral, extents);
  if (schedule == Schedule::partial_sums) return routes.back();
  if (schedule == Schedule::exchange) {
    const std::size_t fewest = routes.front().partial.size();
    return *cheapest(spectral, extents, routes,
                     [&](const ExchangeRoute& route, const Traffic&) { return route.partial.size() == fewest; });
  }
  if (!witte_serves(extents))
    return *cheapest(spectral, extents, routes, [](const auto&, const auto&) { return true; });
  const ExchangeRoute witte = witte_route(extents);
  const Index limit = route_traffic(spectral, extents, witte).bytes;
  return cheapest(spectral, extents, routes,
                  [&](const ExchangeRoute&, const Traffic& traffic) { return traffic.bytes <= limit; })
      .value_or(witte);
}

bool witte_serves(const Shape& extents) {
  const auto [local, distributed] = classify_axes(extents);
  return extents[1] == 1 && (distributed.empty() || (distributed.size() == 1 && !local.empty()));
}

ExchangeRoute witte_route(const Shape& extents) {
  const auto [local, distributed] = classify_axes(extents);
  ExchangeRoute route{{}, Shape(extents.size() - kFirstGridAxis, 1)};
  if (distributed.empty()) return route;
  const std::size_t axis = distributed.front();
  const auto next = std::find_if(local.begin(), local.end(), [&](std::size_t other) { return other > axis; });
  route.placement[next == local.end() ? local.front() : *next] = extents[kFirstGridAxis + axis];
  return route;
}

}  // namespace tessera
