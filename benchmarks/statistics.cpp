#include "statistics.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "tessera/core/error.hpp"

namespace tessera::bench {

namespace {

void sort_non_empty(std::vector<double>& values, const char* operation) {
  if (values.empty()) throw ArgumentError(std::string(operation) + ": expected at least one value, found none");
  std::sort(values.begin(), values.end());
}

}  // namespace

double median(std::vector<double> values) {
  sort_non_empty(values, "median");
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : 0.5 * (values[middle - 1] + values[middle]);
}

Interval median_confidence(std::vector<double> values) {
  constexpr double kAllowedTail = 0.025;
  sort_non_empty(values, "median_confidence");
  const std::size_t count = values.size();
  // Both tails together hold the probability that fewer than `skip` + 1 values lie on one side of the median.
  double term = std::pow(0.5, static_cast<double>(count));
  double tail = term;
  std::size_t skip = 0;
  while (2 * (skip + 1) < count) {
    term *= static_cast<double>(count - skip) / static_cast<double>(skip + 1);
    if (tail + term > kAllowedTail) break;
    tail += term;
    ++skip;
  }
  return {values[skip], values[count - 1 - skip]};
}

}  // namespace tessera::bench
