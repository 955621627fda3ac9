#include "models/engine/pointwise_weights.hpp"

namespace tessera::engine {

GradientSums::GradientSums(const FnoPart& part) : block_size_(part.config.width * part.config.width) {
  const FnoConfig& c = part.config;
  const Index steps = c.in_steps > 0 ? c.grid.back() : 0;
  const Index lifted = part.has_lift ? c.width : 0;
  const Index hidden = part.has_projection ? c.hidden : 0;
  const Index out = part.has_projection ? c.out_channels : 0;
  const Index sizes[] = {steps * c.in_steps, steps,  lifted * c.in_channels, lifted, c.blocks * block_size_,
                         hidden * c.width,   hidden, out * hidden,           out};
  Index total = 0;
  for (const Index size : sizes) {
    offsets_.push_back(total);
    total += size;
  }
  values_.assign(static_cast<std::size_t>(total), 0.0);
}

void GradientSums::add(double factor, const GradientSums& other) {
  for (std::size_t i = 0; i < values_.size(); ++i) values_[i] += factor * other.values_[i];
}

}  // namespace tessera::engine
