#pragma once

/// \file
/// Medians and their confidence intervals.

#include <vector>

namespace tessera::bench {

/// A closed interval.
struct Interval {
  double low;
  double high;
};

/// Middle value; the mean of the two middle values for an even count. Throws ArgumentError when there are none.
double median(std::vector<double> values);

/// 95% confidence interval of the median from order statistics: the narrowest pair of the sorted values, equally far
/// from both ends, that encloses the median of the population with probability 0.95 or more, whatever its distribution:
///   P(x_(r) <= median <= x_(n+1-r)) = 1 - 2 sum_{i<r} binomial(n, i) / 2^n.
/// With fewer than 6 values no pair reaches 0.95: the interval is then [smallest, largest], of confidence
/// 1 - 2^(1-n). Throws ArgumentError when there are none.
/// Source: Conover, "Practical nonparametric statistics", 3rd ed., section 3.2.
Interval median_confidence(std::vector<double> values);

}  // namespace tessera::bench
