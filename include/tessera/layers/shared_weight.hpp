#pragma once

/// \file
/// Weights that live once and are used by many ranks.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "tessera/autograd/apply.hpp"
#include "tessera/primitives/broadcast.hpp"

namespace tessera {

/// How initial weights are drawn. Both are functions of the seed, the parameter's name and the global index alone.
enum class Initialisation {
  variance_preserving,  ///< zero-mean normal numbers; each layer's doc comment gives their variance
  dfno                  ///< spectral weights uniform on [0, 1) / (in out) in both parts, as dfno draws them (biased)
};

/// Standard deviation of initial biases.
inline constexpr double kBiasDeviation = 0.1;

/// A parameter that a grid of ranks uses together. Along the grid axes on which `use` replicates it is stored once, on
/// the ranks at coordinate 0; using it broadcasts it along those axes, and the gradient is the sum over exactly those
/// axes. Along the axes `use` cuts, every rank stores its own tile.
template <Scalar T>
class SharedWeight {
 public:
  /// Collective over the partition's communicator.
  SharedWeight(std::string name, const Shape& shape, const Partition& use);

  /// Initial values: zero-mean normal numbers, for complex weights in both parts, drawn from the seed, the name and the
  /// global index alone. Local.
  void draw_normal(std::uint64_t seed, double deviation);

  /// The weight as this rank needs it. Collective.
  Variable<T> on(Tape& tape);

  /// The same without a tape: the stored weight itself, or, where it is shared, the broadcast copy kept in `copy`.
  /// Collective.
  const DistTensor<T>& use(std::optional<DistTensor<T>>& copy) const;
  /// Adds this rank's gradient with respect to what `use` gave; summed over the ranks that share. Collective.
  void add_gradient(const DistTensor<T>& gradient);

  Parameter<T>& parameter() noexcept { return parameter_; }
  const TensorSpace& use_space() const noexcept { return use_space_; }

 private:
  Parameter<T> parameter_;
  TensorSpace use_space_;
  std::shared_ptr<const Broadcast<T>> broadcast_;
};

}  // namespace tessera
