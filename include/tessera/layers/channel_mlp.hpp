#pragma once

/// \file
/// The two-layer perceptron over channels that lifts and projects.

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "tessera/layers/parameter_list.hpp"
#include "tessera/layers/shared_weight.hpp"
#include "tessera/primitives/repartition.hpp"

namespace tessera {

/// y = W2 gelu(W1 x + b1) + b2 at every grid point; x [batch, in, grid...], y [batch, out, grid...], W1 [hidden, in],
/// W2 [out, hidden].
///
/// Works in tiles of grid points that stay in cache and recomputes the hidden layer in the backward pass, so a tensor
/// of `hidden` channels is never stored. Where channels are distributed, x is gathered over them, every rank computes
/// its share of the hidden channels, and the shares are summed where they belong (reduce-scatter); W1, b1 are then cut
/// by rows and W2 by columns. On all other axes the weights are replicated.
///
/// Parameters are named first + "/weight", first + "/bias", second + "/weight", second + "/bias".
/// Initial weights: normal with variance 1 / in and gain^2 / hidden (gain for gelu, see kGeluGain), biases with
/// standard deviation 0.1. Calls are collective. Throws ShapeError for a wrong input.
template <RealScalar T>
class ChannelMlp {
 public:
  ChannelMlp(const std::string& first, const std::string& second, const Partition& partition, Index in, Index hidden,
             Index out, std::uint64_t seed);

  Variable<T> operator()(const Variable<T>& x);

  void list_parameters(ParameterList<T>& list);
  SharedWeight<T>& weight1() noexcept { return weight1_; }
  SharedWeight<T>& bias1() noexcept { return bias1_; }
  SharedWeight<T>& weight2() noexcept { return weight2_; }
  SharedWeight<T>& bias2() noexcept { return bias2_; }

 private:
  struct Moves {
    std::shared_ptr<const Repartition<T>> gather;
    std::shared_ptr<const LinearOperator<T>> sum;
  };

  const Moves& moves(const Shape& shape);
  Variable<T> share(const Variable<T>& x, const TensorSpace& range);

  std::string name_;
  Partition partition_;
  Partition gathered_;
  Index in_, out_;
  SharedWeight<T> weight1_, bias1_, weight2_, bias2_;
  std::map<Shape, Moves> moves_;
};

/// 1 / sqrt(E gelu(z)^2) for standard normal z: what keeps the second moment of a layer that follows a gelu.
inline constexpr double kGeluGain = 1.5335;

}  // namespace tessera
