#pragma once

/// \file
/// Learning-rate schedules.

#include <string_view>

#include "tessera/core/shape.hpp"

namespace tessera {

enum class Decay {
  constant,  ///< the base rate
  step,      ///< multiplied by step_factor every step_epochs epochs
  cosine     ///< half a cosine from the base rate to final_rate over the run
};

const char* decay_name(Decay decay) noexcept;
/// Throws ConfigError naming the known schedules.
Decay decay_from_name(std::string_view name);

/// The learning rate as a function of training progress in epochs (fractions included), preceded by a linear warm-up.
struct LearningRate {
  double base = 1e-3;
  Decay decay = Decay::cosine;
  double warmup_epochs = 0.0;
  double step_epochs = 20.0;
  double step_factor = 0.5;
  double final_rate = 0.0;
  Index epochs = 1;  ///< length of the run (cosine)

  /// base progress / warmup_epochs during the warm-up; the decay, counted from its end, afterwards.
  double at(double progress) const;
};

}  // namespace tessera
