#pragma once

/// \file
/// Transforms on every partition of a few grids, for tests of the distributed FFT.

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "tessera/spectral/truncated_fft.hpp"
#include "testing/tensors.hpp"

namespace tessera::testing_support {

inline constexpr std::array kAllSchedules = {Schedule::automatic, Schedule::exchange, Schedule::partial_sums,
                                             Schedule::grady, Schedule::witte};

struct TransformCase {
  Index batch, channels;
  Shape grid, modes;
};

/// Odd and even lengths, full and truncated spectra, fewer cells or modes than ranks; 1 to 4 grid axes.
inline std::vector<TransformCase> transform_cases() {
  return {
      {2, 3, {12}, {5}},
      {1, 2, {7}, {4}},
      {3, 1, {1}, {1}},
      {1, 2, {6, 8}, {3, 5}},
      {2, 3, {7, 9}, {2, 2}},
      {1, 1, {2, 3}, {1, 1}},
      {1, 2, {5, 6, 7}, {2, 3, 4}},
      {2, 1, {4, 3, 6}, {1, 1, 2}},
      {1, 2, {4, 5, 3, 4}, {2, 1, 1, 3}},
      {2, 1, {3, 4, 2, 5}, {1, 2, 1, 2}},
  };
}

inline std::string to_string(const TransformCase& c) {
  return tessera::to_string(Shape{c.batch, c.channels}) + " " + tessera::to_string(c.grid) + " modes " +
         tessera::to_string(c.modes);
}

/// The planned transform, or null where the schedule does not serve the partition.
template <class T>
std::shared_ptr<const PlannedTransform<T>> planned(const TransformCase& c, const Partition& partition,
                                                   Schedule schedule,
                                                   TransformEngine engine = TransformEngine::automatic) {
  try {
    const auto plan = plan_transform(c.batch, c.channels, SpectralGrid(c.grid, c.modes), partition.grid(), schedule);
    return std::make_shared<const PlannedTransform<T>>(plan, partition, engine);
  } catch (const PartitionError&) {
    return nullptr;
  }
}

/// Calls body(transform) for every schedule on every one of the grids it serves.
template <class T, class Body>
void for_each_plan(const TransformCase& c, const std::vector<Shape>& grids, Body&& body,
                   TransformEngine engine = TransformEngine::automatic) {
  for (const Shape& ranks : grids) {
    for (const Schedule schedule : kAllSchedules) {
      SCOPED_TRACE(to_string(c) + " on " + tessera::to_string(ranks) + ", " + schedule_name(schedule));
      const auto transform = planned<T>(c, {world(), ranks}, schedule, engine);
      if (transform) body(transform);
    }
  }
}

}  // namespace tessera::testing_support
