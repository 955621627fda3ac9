/// The schedules: how each turns a rank grid into steps.

#include <algorithm>

#include "spectral/exchange_route.hpp"
#include "tessera/core/error.hpp"
#include "tessera/spectral/transform_plan.hpp"

namespace tessera {

namespace {

constexpr std::size_t kFirstGridAxis = 2;

/// Appends steps while keeping track of shape, rank grid and scalar type.
class PlanBuilder {
 public:
  PlanBuilder(Shape shape, const SpectralGrid& spectral, const RankGrid& ranks)
      : grid_shape_(std::move(shape)), grid_ranks_(ranks), shape_(grid_shape_), spectral_(spectral), ranks_(ranks) {}

  void transform_partially(std::size_t axis) { add_transform(axis, true); }

  void repartition(const Shape& extents) {
    RankGrid target(extents);
    if (target == ranks_) return;
    steps_.push_back({TransformStep::Kind::repartition, 0, false, shape_, shape_, ranks_, target, complex_});
    ranks_ = std::move(target);
  }

  /// Axes that are whole here, last axis first: it halves the data and is the only one that may stay real.
  void transform_all(std::vector<std::size_t> axes) {
    std::sort(axes.rbegin(), axes.rend());
    for (const std::size_t axis : axes) add_transform(axis, false);
  }

  TransformPlan plan(Schedule schedule) const {
    return {schedule, spectral_, steps_, grid_shape_, shape_, grid_ranks_, ranks_};
  }

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

  Shape grid_shape_;
  RankGrid grid_ranks_;
  Shape shape_;
  const SpectralGrid& spectral_;
  RankGrid ranks_;
  bool complex_ = false;
  std::vector<TransformStep> steps_;
};

void plan_route(PlanBuilder& builder, const Shape& extents, const ExchangeRoute& route) {
  builder.transform_all(classify_axes(extents).local);
  for (const std::size_t axis : route.partial) builder.transform_partially(axis);
  Shape target{extents[0], 1};
  target.insert(target.end(), route.placement.begin(), route.placement.end());
  builder.repartition(target);
  builder.transform_all(route.brought_home(extents));
}

void plan_grady(PlanBuilder& builder, const Shape& extents) {
  const std::size_t axes = extents.size() - kFirstGridAxis;
  if (axes < 2 && (extents[1] > 1 || extents[kFirstGridAxis] > 1)) {
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
  if (!witte_serves(extents)) {
    throw PartitionError("schedule witte: serves one distributed grid axis beside a local one, got the partition " +
                         to_string(extents));
  }
  plan_route(builder, extents, witte_route(extents));
}

PlanBuilder builder_for(Index batch, Index channels, const SpectralGrid& spectral, const RankGrid& ranks) {
  if (ranks.extents().size() != spectral.rank() + kFirstGridAxis || !(ranks == RankGrid(ranks.extents()))) {
    throw PartitionError("plan_transform: the partition " + to_string(ranks) +
                         " must have one entry for batch, channel and each of " + std::to_string(spectral.rank()) +
                         " grid axes");
  }
  Shape shape{batch, channels};
  shape.insert(shape.end(), spectral.grid().begin(), spectral.grid().end());
  return {shape, spectral, ranks};
}

}  // namespace

TransformPlan plan_transform(Index batch, Index channels, const SpectralGrid& spectral, const RankGrid& ranks,
                             Schedule schedule) {
  const Shape& extents = ranks.extents();
  PlanBuilder builder = builder_for(batch, channels, spectral, ranks);
  switch (schedule) {
    case Schedule::grady: plan_grady(builder, extents); break;
    case Schedule::witte: plan_witte(builder, extents); break;
    default: plan_route(builder, extents, choose_route(spectral, extents, schedule));
  }
  return builder.plan(schedule);
}

std::vector<ScheduleOption> schedule_options(Index batch, Index channels, const SpectralGrid& spectral,
                                             const RankGrid& ranks, Schedule schedule) {
  const TransformPlan taken = plan_transform(batch, channels, spectral, ranks, schedule);
  if (taken.summary() == "local") return {};
  std::vector<ScheduleOption> options;
  for (const ExchangeRoute& route : exchange_routes(spectral, ranks.extents())) {
    PlanBuilder builder = builder_for(batch, channels, spectral, ranks);
    plan_route(builder, ranks.extents(), route);
    const TransformPlan plan = builder.plan(Schedule::automatic);
    options.push_back({plan.summary(), plan, false});
  }
  for (const Schedule named : {Schedule::grady, Schedule::witte}) {
    if (named == Schedule::grady ? spectral.rank() < 2 : !witte_serves(ranks.extents())) continue;
    options.push_back({schedule_name(named), plan_transform(batch, channels, spectral, ranks, named), false});
  }
  const bool by_name = schedule == Schedule::grady || schedule == Schedule::witte;
  const auto chosen = std::find_if(options.begin(), options.end(), [&](const ScheduleOption& option) {
    return by_name ? option.plan.schedule == schedule : option.plan.steps == taken.steps;
  });
  chosen->chosen = true;
  return options;
}

}  // namespace tessera
