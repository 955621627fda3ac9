#pragma once

/// \file
/// The check every linear operator has to pass: is its adjoint its adjoint?

#include <cstdint>

#include "tessera/primitives/linear_operator.hpp"

namespace tessera {

/// Both sides of <F x, y> = <x, F* y>.
struct AdjointReport {
  double forward;         ///< <F x, y>
  double adjoint;         ///< <x, F* y>
  double relative_error;  ///< |forward - adjoint| / max(|F x| |y|, |x| |F* y|); 0 where both are 0

  /// False also when the error is not a number.
  bool passes(double tolerance) const { return relative_error <= tolerance; }
};

/// A tolerance for AdjointReport::passes that leaves room for rounding and for nothing else.
template <Scalar T>
inline constexpr double kAdjointTolerance = std::same_as<RealPart<T>, float> ? 1e-5 : 1e-13;

/// Draws x in the domain and y in the range, standard normal from `seed`, the copies of replicated tensors different
/// from each other, and compares the inner products <F x, y> and <x, F* y>.
/// Collective over the operator's communicator; every rank gets the same report.
/// Source: Claerbout, "Earth soundings analysis", 1992 (the dot-product test).
template <Scalar X, Scalar Y>
AdjointReport adjoint_test(const LinearOperator<X, Y>& op, std::uint64_t seed);

}  // namespace tessera
