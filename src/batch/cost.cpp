#include "tessera/batch/cost.hpp"

#include <cmath>
#include <string>

namespace tessera::batch {

namespace {

constexpr double kSecondsPerHour = 3600.0;

void require_not_negative(double value, const char* name) {
  if (!(value >= 0.0)) {
    throw ArgumentError(std::string("cost: expected ") + name + " not below 0, got " + std::to_string(value));
  }
}

}  // namespace

DataCost data_cost(std::span<const TaskUse> uses, const MachinePrice& price, bool whole_machines) {
  require_not_negative(price.on_demand, "an on-demand price");
  require_not_negative(price.spot, "a spot price");
  if (price.cores < 1) throw ArgumentError("cost: expected at least 1 core, got " + std::to_string(price.cores));
  DataCost cost;
  for (const TaskUse& use : uses) {
    const double share = static_cast<double>(use.ranks) * use.threads / price.cores;
    cost.machine_hours += use.wall_seconds / kSecondsPerHour * (whole_machines ? std::ceil(share) : share);
  }
  cost.on_demand = cost.machine_hours * price.on_demand;
  cost.spot = cost.machine_hours * price.spot;
  return cost;
}

std::optional<Index> break_even(const SurrogateCost& cost) {
  require_not_negative(cost.data, "a cost of the data");
  require_not_negative(cost.training, "a cost of the training");
  require_not_negative(cost.simulation, "a cost of a simulation");
  require_not_negative(cost.inference, "a cost of an inference");
  const double invested = cost.data + cost.training;
  const double saved = cost.simulation - cost.inference;
  if (invested == 0.0 && saved >= 0.0) return 0;
  if (saved <= 0.0) return std::nullopt;
  return static_cast<Index>(std::ceil(invested / saved));
}

}  // namespace tessera::batch
