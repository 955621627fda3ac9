#include "gradient_case.hpp"

namespace tessera::bench {

GradientCase::GradientCase(const FnoConfig& config, const Partition& partition, Index batch, Loss loss, bool formulas)
    : model_(config, partition, 1),
      batch_(batch),
      loss_(loss),
      x_formula_(config.input_shape(batch)),
      target_formula_(config.output_shape(batch)) {
  if (formulas) return;
  x_.emplace(model_.input_space(batch));
  target_.emplace(model_.output_space(batch));
  fill_normal(*x_, RandomStream(1, "x"));
  fill_normal(*target_, RandomStream(1, "target"));
}

void GradientCase::run(const std::string& pass) {
  if (pass == "forward") {
    forward();
    return;
  }
  gradient();
  if (pass != "step") return;
  constexpr double kLearningRate = 1e-3;
  if (!adam_) adam_.emplace(model_.parameters(), Adam<float>::Options{});
  adam_->step(kLearningRate);
}

void GradientCase::forward() {
  if (x_) {
    model_.forward(*x_);
    return;
  }
  NowhereWriter y(model_.config().output_shape(batch_));
  model_.forward(batch_, x_formula_, y);
}

void GradientCase::gradient() {
  zero_gradients(model_.parameters());
  if (x_) {
    model_.value_and_gradient(loss_, *x_, *target_);
  } else {
    model_.value_and_gradient(loss_, batch_, x_formula_, target_formula_);
  }
}

}  // namespace tessera::bench
