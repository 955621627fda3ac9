#include "spectral/distributed_fft_plan.hpp"

#include <algorithm>
#include <optional>
#include <tuple>

namespace tessera {

namespace {

using Axes = std::vector<std::size_t>;

bool contains(const Axes& axes, std::size_t axis) { return std::find(axes.begin(), axes.end(), axis) != axes.end(); }

/// Ranks on each tensor axis.
Shape ranks_per_axis(const RankGrid& grid, std::size_t axes) {
  Shape ranks(axes, 1);
  for (std::size_t i = 0; i < grid.cuts().size(); ++i) {
    if (grid.extents()[i] > 1) ranks[static_cast<std::size_t>(grid.cuts()[i])] = grid.extents()[i];
  }
  return ranks;
}

Index largest_tile(const Shape& shape, const Shape& ranks) {
  Index cells = 1;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) cells *= (shape[axis] + ranks[axis] - 1) / ranks[axis];
  return cells;
}

/// Calls body(placement) for every way to write `ranks` as a product over axes, those in `home` getting one rank.
template <class Body>
void for_each_placement(Index ranks, const Axes& home, std::size_t axis, Shape& placement, const Body& body) {
  if (axis == placement.size()) {
    if (ranks == 1) body(placement);
    return;
  }
  for (Index here = 1; here <= ranks; ++here) {
    if (ranks % here != 0 || (here > 1 && contains(home, axis))) continue;
    placement[axis] = here;
    for_each_placement(ranks / here, home, axis + 1, placement, body);
  }
  placement[axis] = 1;
}

struct Placement {
  Shape ranks;
  std::tuple<Index, Index, Index> cost;  ///< largest tile, axes that change, axes cut
};

/// The best place for `ranks` that leaves the axes in `home` whole; none where all axes have to be.
std::optional<Placement> place(Index ranks, const Shape& shape, const Axes& home, const Shape& current) {
  std::optional<Placement> best;
  Shape placement(shape.size(), 1);
  for_each_placement(ranks, home, 0, placement, [&](const Shape& candidate) {
    Index changed = 0;
    Index cut = 0;
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      changed += candidate[axis] != current[axis] ? 1 : 0;
      cut += candidate[axis] > 1 ? 1 : 0;
    }
    const std::tuple cost{largest_tile(shape, candidate), changed, cut};
    // Placements come with the earlier axes' counts rising, so that among equals the last has its ranks earliest.
    if (!best || cost <= best->cost) best = Placement{candidate, cost};
  });
  return best;
}

/// Brings home as many of the axes as the other axes have room for all ranks; `first` is one of them.
Shape bring_home(Index ranks, const Shape& shape, const Axes& axes, std::size_t first, const Shape& current) {
  const Index ideal = (volume(shape) + ranks - 1) / ranks;
  std::optional<Placement> best;
  for (std::size_t count = axes.size(); count >= 1; --count) {
    for (std::size_t subset = 0; subset < (std::size_t{1} << axes.size()); ++subset) {
      Axes home;
      for (std::size_t i = 0; i < axes.size(); ++i) {
        if ((subset >> i) % 2 == 1) home.push_back(axes[i]);
      }
      if (home.size() != count || !contains(home, first)) continue;
      const auto placement = place(ranks, shape, home, current);
      if (placement && (!best || placement->cost < best->cost)) best = placement;
    }
    // A tile twice the ideal size means that ranks idle; another exchange is the lesser evil.
    if (best && std::get<0>(best->cost) < 2 * ideal) break;
  }
  return best ? best->ranks : Shape{};
}

}  // namespace

Shape half_spectrum(Shape shape) {
  shape.back() = shape.back() / 2 + 1;
  return shape;
}

Partition stage_partition(const FftStage& stage, const Partition& source) {
  return stage.grid.size() == source.size() ? source.with_grid(stage.grid) : source.root();
}

std::string describe(const std::vector<FftStage>& stages, const std::string& how) {
  std::string text;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    if (i > 0) text += "exchange" + how + "\n";
    text += "on " + to_string(stages[i].grid) + ":";
    for (const std::size_t axis : stages[i].axes) text += " axis " + std::to_string(axis);
    text += stages[i].axes.empty() ? " nothing to transform\n" : "\n";
  }
  return text;
}

std::vector<double> backward_factors(const Shape& shape, std::size_t grid_axes, bool real, FftBackward kind) {
  double cells = 1.0;
  for (std::size_t axis = shape.size() - grid_axes; axis < shape.size(); ++axis) {
    cells *= static_cast<double>(shape[axis]);
  }
  const Index length = shape.back();
  std::vector<double> factors;
  for (Index mode = 0; mode < (real ? half_spectrum(shape) : shape).back(); ++mode) {
    const bool has_conjugate = real && 2 * mode % length != 0;
    factors.push_back(kind == FftBackward::inverse ? 1.0 / cells : has_conjugate ? 0.5 : 1.0);
  }
  return factors;
}

std::vector<FftStage> plan_fft_stages(const Shape& shape, std::size_t grid_axes, bool real, const RankGrid& source,
                                      FftOrder order) {
  const std::size_t last = shape.size() - 1;
  Axes remaining;
  for (std::size_t axis = last + 1; axis-- > shape.size() - grid_axes;) remaining.push_back(axis);
  std::vector<FftStage> stages{{source, {}}};
  Shape current = ranks_per_axis(source, shape.size());
  Shape extents = shape;
  bool last_waits = real;
  while (true) {
    Axes& transformed = stages.back().axes;
    for (const std::size_t axis : remaining) {
      if (current[axis] == 1 && !(last_waits && current[last] > 1)) transformed.push_back(axis);
    }
    if (last_waits && contains(transformed, last)) {
      extents = half_spectrum(extents);
      last_waits = false;
    }
    std::erase_if(remaining, [&](std::size_t axis) { return contains(transformed, axis); });
    if (remaining.empty()) break;
    current = bring_home(source.size(), extents, remaining, remaining.front(), current);
    if (current.empty()) current.assign(shape.size(), 1);
    stages.push_back({RankGrid(current), {}});
  }
  if (order == FftOrder::natural && !(stages.back().grid == source)) stages.push_back({source, {}});
  return stages;
}

}  // namespace tessera
