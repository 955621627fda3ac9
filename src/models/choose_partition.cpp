#include "tessera/models/choose_partition.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tessera/core/error.hpp"
#include "tessera/spectral/transform_plan.hpp"

namespace tessera {

namespace {

/// Calls visit(extents) for every way to write `ranks` as a product over `axes`, larger factors on earlier axes first.
void for_each_factorisation(Index ranks, const std::vector<std::size_t>& axes, std::size_t next, Shape& extents,
                            const std::function<void(const Shape&)>& visit) {
  if (next == axes.size()) {
    if (ranks == 1) visit(extents);
    return;
  }
  for (Index factor = ranks; factor >= 1; --factor) {
    if (ranks % factor != 0) continue;
    extents[axes[next]] = factor;
    for_each_factorisation(ranks / factor, axes, next + 1, extents, visit);
  }
  extents[axes[next]] = 1;
}

Index largest_tile(const Shape& shape, const Shape& extents) {
  Index cells = 1;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) cells *= (shape[axis] + extents[axis] - 1) / extents[axis];
  return cells;
}

/// What the busiest rank sends in a spectral convolution; nothing when the schedule cannot serve the rank grid.
std::optional<Index> most_bytes(const FnoConfig& config, Index batch, const Shape& extents) {
  try {
    const SpectralGrid spectral(config.grid, config.modes);
    return plan_transform(batch, config.width, spectral, RankGrid(extents), config.schedule).busiest_traffic(1).bytes;
  } catch (const PartitionError&) {
    return std::nullopt;
  }
}

/// The best rank grid over the axes; `all_busy` admits only those that give every rank a cell.
std::optional<Shape> best_over(Index ranks, const std::vector<std::size_t>& axes, const FnoConfig& config, Index batch,
                               bool all_busy) {
  const Shape shape = config.output_shape(batch);
  std::map<Index, std::vector<Shape>> by_tile;
  Shape extents(shape.size(), 1);
  for_each_factorisation(ranks, axes, 0, extents, [&](const Shape& candidate) {
    const bool busy = std::equal(candidate.begin(), candidate.end(), shape.begin(), std::less_equal<>());
    if (busy || !all_busy) by_tile[largest_tile(shape, candidate)].push_back(candidate);
  });
  for (const auto& [tile, candidates] : by_tile) {
    std::optional<Shape> best;
    Index fewest = 0;
    for (const Shape& candidate : candidates) {
      const std::optional<Index> bytes = most_bytes(config, batch, candidate);
      if (!bytes || (best && *bytes >= fewest)) continue;
      best = candidate;
      fewest = *bytes;
    }
    if (best) return best;
  }
  return std::nullopt;
}

}  // namespace

Shape choose_partition(Index ranks, const FnoConfig& config, Index batch) {
  config.validate();
  if (ranks < 1) throw PartitionError("choose_partition: expected at least 1 rank, got " + std::to_string(ranks));
  const std::size_t time = config.grid.size() + 1;
  std::vector<std::size_t> axes;
  for (std::size_t axis = 2; axis < time; ++axis) axes.push_back(axis);
  std::optional<Shape> best = best_over(ranks, axes, config, batch, true);
  for (const std::size_t further : {time, std::size_t{0}}) {
    if (best) return *best;
    axes.push_back(further);
    best = best_over(ranks, axes, config, batch, true);
  }
  if (best) return *best;
  // Any number of ranks can be laid on the batch, whatever the schedule.
  return best_over(ranks, axes, config, batch, false).value();
}

}  // namespace tessera
