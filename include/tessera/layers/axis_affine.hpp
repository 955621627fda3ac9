#pragma once

/// \file
/// Affine maps along one tensor axis: over channels, or over time steps.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tessera/layers/parameter_list.hpp"
#include "tessera/layers/shared_weight.hpp"
#include "tessera/primitives/repartition.hpp"

namespace tessera {

/// y[..., o, ...] = sum_i W[o, i] x[..., i, ...] + b[o] along tensor axis `axis` of x [batch, channel, grid...].
///
/// Distribution: x is partitioned over `partition` (grid axis i cuts tensor axis i), y likewise. Where the mapped axis
/// itself is distributed, x is gathered along it (adjoint: reduce-scatter) and every rank computes its own rows o; W
/// [out, in] and b [out] are then cut by rows there. On all other axes W and b are replicated: broadcast forward,
/// gradients summed over exactly those axes.
///
/// Initial weights: W normal with variance gain^2 / in, b normal with standard deviation 0.1.
/// Calls are collective. Throws ShapeError when the input's partition or axis extent does not fit.
template <RealScalar T>
class AxisAffine {
 public:
  struct Options {
    bool bias = true;
    double gain = 1.0;
  };

  AxisAffine(const std::string& name, const Partition& partition, std::size_t axis, Index in, Index out,
             std::uint64_t seed, Options options);

  Variable<T> operator()(const Variable<T>& x);

  void list_parameters(ParameterList<T>& list);
  SharedWeight<T>& weight() noexcept { return weight_; }
  /// Null without a bias.
  SharedWeight<T>* bias() noexcept { return bias_ ? &*bias_ : nullptr; }

 private:
  std::shared_ptr<const Repartition<T>> gather(const Shape& shape);

  std::string name_;
  Partition partition_;
  std::size_t axis_;
  Index in_, out_;
  SharedWeight<T> weight_;
  std::optional<SharedWeight<T>> bias_;
  std::map<Shape, std::shared_ptr<const Repartition<T>>> gathers_;
};

/// The affine map over channels (a 1x1 convolution).
template <RealScalar T>
class ChannelAffine : public AxisAffine<T> {
 public:
  ChannelAffine(const std::string& name, const Partition& partition, Index in, Index out, std::uint64_t seed,
                typename AxisAffine<T>::Options options = {})
      : AxisAffine<T>(name, partition, 1, in, out, seed, options) {}
};

}  // namespace tessera
