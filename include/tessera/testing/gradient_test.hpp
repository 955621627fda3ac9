#pragma once

/// \file
/// The Taylor test of a gradient.

#include <functional>
#include <string>
#include <vector>

namespace tessera {

/// Remainders of a function along a direction v and the orders at which they vanish.
struct GradientReport {
  std::vector<double> steps;
  std::vector<double> first_remainders;   ///< |f(x + h v) - f(x)|
  std::vector<double> second_remainders;  ///< |f(x + h v) - f(x) - h <grad f, v>|
  double first_order;                     ///< slope of log(remainder) over log(h): 1 for a smooth f
  double second_order;                    ///< 2 when the gradient is right, 1 when it is wrong

  /// Whether both orders are within `slack` of (at least) 1 and 2, or the remainders are already at rounding (f
  /// linear).
  bool passes(double slack = 0.15) const;
  std::string describe() const;
};

/// Compares a gradient with the function it belongs to:
///   |f(x + h v) - f(x)| = O(h),   |f(x + h v) - f(x) - h <grad f, v>| = O(h^2)
/// for h = first_step, first_step / 2, ... `value_along(h)` returns f(x + h v), `slope` is <grad f, v> (for complex
/// variables Re sum conj(g) v). Use double precision. Collective when value_along is; equal results on every rank.
GradientReport gradient_test(const std::function<double(double)>& value_along, double slope, double first_step = 0.1,
                             int steps = 5);

}  // namespace tessera
