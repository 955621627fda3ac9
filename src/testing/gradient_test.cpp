#include "tessera/testing/gradient_test.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace tessera {

namespace {

/// Remainders below this share of |f| are rounding, not truncation.
constexpr double kRounding = 1e-12;

/// The smallest steps show the order best: the first ones still see higher terms.
constexpr std::size_t kPointsOfOrder = 3;

/// Least-squares slope of log(y) over log(x) through the last points.
double observed_order(const std::vector<double>& x, const std::vector<double>& y) {
  double sx = 0, sy = 0, sxx = 0, sxy = 0;
  const std::size_t first = x.size() - std::min(x.size(), kPointsOfOrder);
  const auto count = static_cast<double>(x.size() - first);
  for (std::size_t i = first; i < x.size(); ++i) {
    const double a = std::log(x[i]);
    const double b = std::log(std::max(y[i], 1e-300));
    sx += a;
    sy += b;
    sxx += a * a;
    sxy += a * b;
  }
  return (count * sxy - sx * sy) / (count * sxx - sx * sx);
}

}  // namespace

bool GradientReport::passes(double slack) const {
  const double scale = std::max(*std::max_element(first_remainders.begin(), first_remainders.end()), 1e-300);
  const bool linear = *std::max_element(second_remainders.begin(), second_remainders.end()) < kRounding * scale;
  return first_order > 1.0 - slack && (linear || second_order > 2.0 - slack);
}

std::string GradientReport::describe() const {
  std::string text = "      step  first remainder  second remainder\n";
  for (std::size_t i = 0; i < steps.size(); ++i) {
    char line[96];
    std::snprintf(line, sizeof line, "%10.3e  %15.6e  %16.6e\n", steps[i], first_remainders[i], second_remainders[i]);
    text += line;
  }
  return text + "orders " + std::to_string(first_order) + " and " + std::to_string(second_order) + "\n";
}

GradientReport gradient_test(const std::function<double(double)>& value_along, double slope, double first_step,
                             int steps) {
  GradientReport report{};
  const double origin = value_along(0.0);
  double h = first_step;
  for (int i = 0; i < steps; ++i, h *= 0.5) {
    const double change = value_along(h) - origin;
    report.steps.push_back(h);
    report.first_remainders.push_back(std::abs(change));
    report.second_remainders.push_back(std::abs(change - h * slope));
  }
  report.first_order = observed_order(report.steps, report.first_remainders);
  report.second_order = observed_order(report.steps, report.second_remainders);
  return report;
}

}  // namespace tessera
