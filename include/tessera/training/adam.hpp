#pragma once

/// \file
/// Adam and AdamW.

#include <complex>
#include <string>
#include <variant>
#include <vector>

#include "tessera/layers/parameter_list.hpp"

namespace tessera {

/// Adam (Kingma & Ba, arXiv 1412.6980, algorithm 1); with weight_decay > 0 AdamW (Loshchilov & Hutter, arXiv
/// 1711.05101, algorithm 2: decay decoupled from the gradient). Complex weights share one second moment of |g|^2 per
/// element. Every rank updates the tiles it stores; no communication.
template <RealScalar T>
class Adam {
 public:
  struct Options {
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;
    double weight_decay = 0.0;
  };

  /// Moments of one parameter, in its space.
  template <Scalar S>
  struct Moments {
    Parameter<S>* parameter;
    DistTensor<S> first;
    DistTensor<RealPart<S>> second;
  };
  using AnyMoments = std::variant<Moments<T>, Moments<std::complex<T>>>;

  Adam(const ParameterList<T>& parameters, const Options& options);

  /// One step with gradients multiplied by `gradient_scale` (clipping).
  void step(double learning_rate, double gradient_scale = 1.0);

  /// Steps taken so far, and the moments: what a checkpoint holds.
  Index steps() const noexcept { return steps_; }
  void set_steps(Index steps) noexcept { steps_ = steps; }
  std::vector<AnyMoments>& moments() noexcept { return moments_; }

 private:
  Options options_;
  Index steps_ = 0;
  std::vector<AnyMoments> moments_;
};

/// The 2-norm of all gradients together, sqrt(sum |g|^2), every weight counted once. Collective.
template <RealScalar T>
double gradient_norm(const ParameterList<T>& parameters);

/// Sets all gradients to zero.
template <RealScalar T>
void zero_gradients(const ParameterList<T>& parameters);

}  // namespace tessera
