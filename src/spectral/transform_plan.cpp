#include "tessera/spectral/transform_plan.hpp"

#include <algorithm>
#include <array>

#include "spectral/tile_traffic.hpp"
#include "tessera/core/error.hpp"

namespace tessera {

namespace {

constexpr std::size_t kFirstGridAxis = 2;
constexpr std::array kSchedules = {Schedule::automatic, Schedule::exchange, Schedule::partial_sums, Schedule::grady,
                                   Schedule::witte};

enum class Direction { analysis, synthesis };

Traffic traffic_of(const TransformPlan& plan, Direction direction, Index position, Index real_bytes) {
  Traffic total;
  for (const TransformStep& step : plan.steps) {
    if (step.kind != TransformStep::Kind::repartition) continue;
    const bool there = direction == Direction::analysis;
    const Traffic part =
        tile_traffic(step.shape_before, there ? step.before : step.after, there ? step.after : step.before, position);
    total.bytes += part.bytes * real_bytes * (step.complex_before ? 2 : 1);
    total.messages += part.messages;
  }
  return total;
}

void append(std::string& list, const std::string& word) { list += (list.empty() ? "" : ", ") + word; }

}  // namespace

const char* schedule_name(Schedule schedule) noexcept {
  switch (schedule) {
    case Schedule::automatic: return "automatic";
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
    append(known, schedule_name(schedule));
  }
  throw ConfigError("schedule: expected one of " + known + ", got '" + std::string(name) + "'");
}

Index transfer_cost(const Traffic& traffic) noexcept { return traffic.bytes + kBytesPerMessage * traffic.messages; }

std::vector<AxisRoute> TransformPlan::axis_routes() const {
  std::vector<AxisRoute> routes(spectral.rank());
  for (std::size_t axis = 0; axis < routes.size(); ++axis) {
    routes[axis] = grid_ranks.extents()[kFirstGridAxis + axis] == 1 ? AxisRoute::local : AxisRoute::exchange;
  }
  for (const TransformStep& step : steps) {
    if (step.partial) routes[step.axis] = AxisRoute::partial_sums;
  }
  return routes;
}

Traffic TransformPlan::analysis_traffic(Index position, Index real_bytes) const {
  return traffic_of(*this, Direction::analysis, position, real_bytes);
}

Traffic TransformPlan::synthesis_traffic(Index position, Index real_bytes) const {
  return traffic_of(*this, Direction::synthesis, position, real_bytes);
}

Traffic TransformPlan::busiest_traffic(Index real_bytes) const {
  Traffic most;
  for (Index position = 0; position < grid_ranks.size(); ++position) {
    const Traffic there = analysis_traffic(position, real_bytes);
    const Traffic back = synthesis_traffic(position, real_bytes);
    most.bytes = std::max(most.bytes, there.bytes + back.bytes);
    most.messages = std::max(most.messages, there.messages + back.messages);
  }
  return most;
}

std::string TransformPlan::summary() const {
  const std::vector<AxisRoute> routes = axis_routes();
  std::string exchanged, summed;
  if (grid_ranks.extents()[1] > 1) append(exchanged, "exchange of the channels");
  for (std::size_t axis = 0; axis < routes.size(); ++axis) {
    const std::string name = "grid axis " + std::to_string(axis);
    if (routes[axis] == AxisRoute::exchange) append(exchanged, (exchanged.empty() ? "exchange of " : "") + name);
    if (routes[axis] == AxisRoute::partial_sums) append(summed, (summed.empty() ? "partial sums of " : "") + name);
  }
  if (exchanged.empty() && summed.empty()) return "local";
  return exchanged + (exchanged.empty() || summed.empty() ? "" : "; ") + summed;
}

std::string TransformPlan::describe() const {
  std::string text = std::string(schedule_name(schedule)) + ": " + summary() + "\n";
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

}  // namespace tessera
