#include "tessera/training/learning_rate.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "tessera/core/error.hpp"

namespace tessera {

const char* decay_name(Decay decay) noexcept {
  switch (decay) {
    case Decay::constant: return "constant";
    case Decay::step: return "step";
    case Decay::cosine: return "cosine";
  }
  return "unknown";
}

Decay decay_from_name(std::string_view name) {
  for (const Decay decay : {Decay::constant, Decay::step, Decay::cosine}) {
    if (name == decay_name(decay)) return decay;
  }
  throw ConfigError("learning_rate_schedule: expected constant, step or cosine, got '" + std::string(name) + "'");
}

double LearningRate::at(double progress) const {
  if (progress < warmup_epochs) return base * progress / warmup_epochs;
  const double after = progress - warmup_epochs;
  switch (decay) {
    case Decay::constant: return base;
    case Decay::step: return base * std::pow(step_factor, std::floor(after / step_epochs));
    case Decay::cosine: {
      const double length = std::max(1e-12, static_cast<double>(epochs) - warmup_epochs);
      const double share = std::min(1.0, after / length);
      return final_rate + 0.5 * (base - final_rate) * (1.0 + std::cos(std::numbers::pi * share));
    }
  }
  return base;
}

}  // namespace tessera
