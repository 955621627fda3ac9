#pragma once

/// \file
/// Small weights as the engine uses them: whole, on every rank.

#include <memory>
#include <optional>

#include "tessera/layers/shared_weight.hpp"
#include "tessera/primitives/linear_operator.hpp"

namespace tessera::engine {

/// A real weight that every rank of the model's partition needs whole, wherever its tiles are stored.
template <RealScalar T>
class WholeWeight {
 public:
  /// Collective.
  WholeWeight(Parameter<T>& parameter, const Partition& ranks);

  /// The weight's present value, at the same address every time. Collective.
  const T* fetch();
  /// Adds the sum over all ranks of their `gradient` (double, the weight's shape) to the parameter's. Collective.
  void add_gradient(const double* gradient);

 private:
  Parameter<T>* parameter_;
  std::shared_ptr<const LinearOperator<T>> copy_;  ///< null on a single rank
  std::optional<DistTensor<T>> whole_;
};

}  // namespace tessera::engine
