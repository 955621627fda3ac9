#pragma once

/// \file
/// The pointwise weights of a part of a model, and sums for their gradients.

#include <vector>

#include "models/engine/fno_part.hpp"
#include "tessera/core/scalar.hpp"

namespace tessera::engine {

/// Whole pointwise weights, as every rank uses them; shapes as in Fno's parameters. Null where a layer is absent.
template <RealScalar T>
struct PointwiseWeights {
  const T *lift_time_weight = nullptr, *lift_time_bias = nullptr;
  const T *lift_channel_weight = nullptr, *lift_channel_bias = nullptr;
  std::vector<const T*> pointwise;
  const T *project1_weight = nullptr, *project1_bias = nullptr, *project2_weight = nullptr, *project2_bias = nullptr;
};

/// Sums of the gradients of those weights over tiles, in double, one after the other in one vector.
class GradientSums {
 public:
  explicit GradientSums(const FnoPart& part);

  double* lift_time_weight() { return at(0); }
  double* lift_time_bias() { return at(1); }
  double* lift_channel_weight() { return at(2); }
  double* lift_channel_bias() { return at(3); }
  double* pointwise(Index block) { return at(4) + block * block_size_; }
  double* project1_weight() { return at(5); }
  double* project1_bias() { return at(6); }
  double* project2_weight() { return at(7); }
  double* project2_bias() { return at(8); }

  /// All of them.
  double* data() { return values_.data(); }
  Index size() const { return static_cast<Index>(values_.size()); }

  /// this += factor * other
  void add(double factor, const GradientSums& other);

 private:
  double* at(std::size_t part) { return values_.data() + offsets_[part]; }

  Index block_size_;
  std::vector<Index> offsets_;
  std::vector<double> values_;
};

}  // namespace tessera::engine
