#include "tessera/spectral/transform_plan.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include "spectral/rank_placement.hpp"
#include "tessera/core/error.hpp"
#include "tessera/primitives/repartition.hpp"

namespace tessera {

namespace {

constexpr std::size_t kFirstGridAxis = 2;
constexpr std::array kSchedules = {Schedule::exchange, Schedule::partial_sums, Schedule::grady, Schedule::witte};

/// Appends steps while keeping track of shape, rank grid and scalar type.
class PlanBuilder {
 public:
  PlanBuilder(Shape shape, const SpectralGrid& spectral, RankGrid ranks)
      : shape_(std::move(shape)), spectral_(spectral), ranks_(std::move(ranks)) {}

  void transform(std::size_t axis) { add_transform(axis, false); }
  void transform_partially(std::size_t axis) { add_transform(axis, true); }

  void repartition(const Shape& extents) {
    RankGrid target(extents);
    if (target == ranks_) return;
    steps_.push_back({TransformStep::Kind::repartition, 0, false, shape_, shape_, ranks_, target, complex_});
    ranks_ = std::move(target);
  }

  /// The local axes among `axes`, last axis first: it halves the data and is the only one that may stay real.
  void transform_all(std::vector<std::size_t> axes) {
    std::sort(axes.rbegin(), axes.rend());
    for (const std::size_t axis : axes) transform(axis);
  }

  std::vector<TransformStep> take_steps() { return std::move(steps_); }
  const Shape& shape() const { return shape_; }
  const RankGrid& ranks() const { return ranks_; }

 private:
  void add_transform(std::size_t axis, bool partial) {
    TransformStep step{TransformStep::Kind::transform, axis, partial, shape_, shape_, ranks_, ranks_, complex_};
    step.shape_after[kFirstGridAxis + axis] = spectral_.kept()[axis];
    if (partial) {
      auto cuts = ranks_.cuts();
      cuts[kFirstGridAxis + axis] = RankGrid::kReplicate;
      step.after = RankGrid(ranks_.extents(), cuts);
    }
    shape_ = step.shape_after;
    ranks_ = step.after;
    complex_ = true;
    steps_.push_back(std::move(step));
  }

  Shape shape_;
  const SpectralGrid& spectral_;
  RankGrid ranks_;
  bool complex_ = false;
  std::vector<TransformStep> steps_;
};

struct AxisSets {
  std::vector<std::size_t> local, distributed;
};

AxisSets classify_axes(const Shape& extents) {
  AxisSets sets;
  for (std::size_t axis = 0; axis + kFirstGridAxis < extents.size(); ++axis) {
    (extents[axis + kFirstGridAxis] == 1 ? sets.local : sets.distributed).push_back(axis);
  }
  return sets;
}

/// The distributed axis whose partial sums are smallest: the least kept modes per cell of a slab.
std::size_t cheapest_partial_axis(const SpectralGrid& spectral, const Shape& extents,
                                  const std::vector<std::size_t>& axes) {
  const auto growth = [&](std::size_t axis) {
    return static_cast<double>(spectral.kept()[axis] * extents[axis + kFirstGridAxis]) /
           static_cast<double>(spectral.grid()[axis]);
  };
  return *std::min_element(axes.begin(), axes.end(),
                           [&](std::size_t a, std::size_t b) { return growth(a) < growth(b); });
}

void plan_one_exchange(PlanBuilder& builder, const SpectralGrid& spectral, const Shape& extents, bool all_partial) {
  auto [local, distributed] = classify_axes(extents);
  std::vector<std::size_t> partial;
  if (all_partial) {
    partial = distributed;
  } else if (local.empty()) {
    partial = {cheapest_partial_axis(spectral, extents, distributed)};
  }
  builder.transform_all(local);
  for (const std::size_t axis : partial) builder.transform_partially(axis);

  std::vector<std::size_t> truncated = local;
  truncated.insert(truncated.end(), partial.begin(), partial.end());
  std::sort(truncated.begin(), truncated.end());
  Index movable = extents[1];
  for (const std::size_t axis : distributed) movable *= extents[axis + kFirstGridAxis];
  Shape target(extents.size(), 1);
  target[0] = extents[0];
  const Shape spread = spread_ranks(movable, spectral.kept(), truncated);
  for (std::size_t axis = 0; axis < spread.size(); ++axis) target[axis + kFirstGridAxis] = spread[axis];
  builder.repartition(target);

  std::vector<std::size_t> brought_home;
  std::set_difference(distributed.begin(), distributed.end(), truncated.begin(), truncated.end(),
                      std::back_inserter(brought_home));
  builder.transform_all(brought_home);
}

void plan_grady(PlanBuilder& builder, const Shape& extents) {
  const std::size_t axes = extents.size() - kFirstGridAxis;
  const Index ranks = std::accumulate(extents.begin() + 1, extents.end(), Index{1}, std::multiplies<>());
  if (axes < 2 && ranks > 1) {
    throw PartitionError("schedule grady: needs at least two grid axes to move ranks between, the grid has one");
  }
  const std::size_t half = axes / 2;
  const auto is_early = [&](std::size_t axis) { return axis < half; };
  // Ranks move between partners: the i-th early and the i-th late axis (modulo the number of early or late axes).
  Shape early_pencils(extents.size(), 1);
  Shape late_pencils(extents.size(), 1);
  early_pencils[0] = late_pencils[0] = extents[0];
  if (half > 0) early_pencils[kFirstGridAxis] = extents[1];
  for (std::size_t axis = 0; axis < axes && half > 0; ++axis) {
    const std::size_t home = is_early(axis) ? axis : (axis - half) % half;
    early_pencils[kFirstGridAxis + home] *= extents[kFirstGridAxis + axis];
  }
  for (std::size_t axis = 0; axis < half; ++axis)
    late_pencils[kFirstGridAxis + half + axis] = early_pencils[kFirstGridAxis + axis];

  std::vector<std::size_t> early, late;
  for (std::size_t axis = 0; axis < axes; ++axis) (is_early(axis) ? early : late).push_back(axis);
  builder.repartition(early_pencils);
  builder.transform_all(late);
  builder.repartition(late_pencils);
  builder.transform_all(early);
}

void plan_witte(PlanBuilder& builder, const Shape& extents) {
  const auto [local, distributed] = classify_axes(extents);
  if (distributed.size() > 1 || extents[1] > 1 || (local.empty() && !distributed.empty())) {
    throw PartitionError("schedule witte: serves one distributed grid axis beside a local one, got the partition " +
                         to_string(extents));
  }
  builder.transform_all(local);
  if (distributed.empty()) return;
  Shape target(extents.size(), 1);
  target[0] = extents[0];
  const auto next = std::find_if(local.begin(), local.end(), [&](std::size_t axis) { return axis > distributed[0]; });
  target[kFirstGridAxis + (next == local.end() ? local.front() : *next)] = extents[kFirstGridAxis + distributed[0]];
  builder.repartition(target);
  builder.transform_all(distributed);
}

Traffic scaled(Traffic elements, const TransformStep& step, Index real_bytes) {
  elements.bytes *= real_bytes * (step.complex_before ? 2 : 1);
  return elements;
}

}  // namespace

const char* schedule_name(Schedule schedule) noexcept {
  switch (schedule) {
    case Schedule::exchange: return "exchange";
    case Schedule::partial_sums: return "partial_sums";
    case Schedule::grady: return "grady";
    case Schedule::witte: return "witte";
  }
  return "unknown";
}

Schedule schedule_from_name(std::string_view name) {
  std::string known;
  for (const Schedule schedule : kSchedules) {
    if (name == schedule_name(schedule)) return schedule;
    known += (known.empty() ? "" : ", ") + std::string(schedule_name(schedule));
  }
  throw ConfigError("schedule: expected one of " + known + ", got '" + std::string(name) + "'");
}

Traffic TransformPlan::analysis_traffic(Index position, Index real_bytes) const {
  Traffic total;
  for (const TransformStep& step : steps) {
    if (step.kind != TransformStep::Kind::repartition) continue;
    const Traffic part = scaled(step.before.replicates()
                                    ? repartition_adjoint_traffic(step.shape_before, step.after, step.before, position)
                                    : repartition_traffic(step.shape_before, step.before, step.after, position),
                                step, real_bytes);
    total.bytes += part.bytes;
    total.messages += part.messages;
  }
  return total;
}

Traffic TransformPlan::synthesis_traffic(Index position, Index real_bytes) const {
  Traffic total;
  for (const TransformStep& step : steps) {
    if (step.kind != TransformStep::Kind::repartition) continue;
    const Traffic part =
        scaled(repartition_traffic(step.shape_before, step.after, step.before, position), step, real_bytes);
    total.bytes += part.bytes;
    total.messages += part.messages;
  }
  return total;
}

std::string TransformPlan::describe() const {
  std::string text;
  for (const TransformStep& step : steps) {
    if (step.kind == TransformStep::Kind::transform) {
      text += "transform grid axis " + std::to_string(step.axis) + (step.partial ? " (own slab, partial sums)" : "") +
              ": " + to_string(step.shape_before) + " -> " + to_string(step.shape_after) + "\n";
    } else {
      text += std::string(step.before.replicates() ? "sum at the owners: " : "repartition: ") + to_string(step.before) +
              " -> " + to_string(step.after) + " of " + to_string(step.shape_before) + "\n";
    }
  }
  return text;
}

TransformPlan plan_transform(Index batch, Index channels, const SpectralGrid& spectral, const RankGrid& ranks,
                             Schedule schedule) {
  const Shape& extents = ranks.extents();
  if (extents.size() != spectral.rank() + kFirstGridAxis || !(ranks == RankGrid(extents))) {
    throw PartitionError("plan_transform: the partition " + to_string(ranks) +
                         " must have one entry for batch, channel and each of " + std::to_string(spectral.rank()) +
                         " grid axes");
  }
  Shape shape{batch, channels};
  shape.insert(shape.end(), spectral.grid().begin(), spectral.grid().end());
  PlanBuilder builder(shape, spectral, ranks);
  switch (schedule) {
    case Schedule::exchange: plan_one_exchange(builder, spectral, extents, false); break;
    case Schedule::partial_sums: plan_one_exchange(builder, spectral, extents, true); break;
    case Schedule::grady: plan_grady(builder, extents); break;
    case Schedule::witte: plan_witte(builder, extents); break;
  }
  const Shape spectrum = builder.shape();
  const RankGrid spectrum_ranks = builder.ranks();
  return {schedule, spectral, builder.take_steps(), shape, spectrum, ranks, spectrum_ranks};
}

}  // namespace tessera
