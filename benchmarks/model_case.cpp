#include "model_case.hpp"

#include <cmath>

namespace tessera::bench {

FormulaReader::FormulaReader(Shape shape) : shape_(std::move(shape)) {
  for (std::size_t axis = 0; axis < shape_.size(); ++axis) {
    std::vector<float> factors;
    for (Index i = 0; i < shape_[axis]; ++i) {
      factors.push_back(1.0f + 0.9f * std::sin(static_cast<float>(axis + 1) * 0.7f * static_cast<float>(i + 1)));
    }
    factors_.push_back(std::move(factors));
  }
}

void FormulaReader::read(const Box& box, float* values) const {
  const std::size_t last = shape_.size() - 1;
  const float* along = factors_[last].data() + box.start[last];
  for_each_row(shape_, box, [&](Index offset, Index local, Index length) {
    float factor = 1.0f;
    Index rest = offset / shape_[last];
    for (std::size_t axis = last; axis-- > 0;) {
      factor *= factors_[axis][static_cast<std::size_t>(rest % shape_[axis])];
      rest /= shape_[axis];
    }
    for (Index i = 0; i < length; ++i) values[local + i] = factor * along[i] - 1.0f;
  });
}

FnoConfig model_of(const Options& options, Index in_steps, const std::string& schedule) {
  FnoConfig config;
  config.grid = options.grid;
  config.modes = options.modes;
  config.width = options.width;
  config.hidden = options.hidden;
  config.blocks = options.blocks;
  config.in_steps = in_steps;
  config.schedule = schedule_from_name(schedule);
  config.validate();
  return config;
}

}  // namespace tessera::bench
