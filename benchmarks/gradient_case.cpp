#include "gradient_case.hpp"

namespace tessera::bench {

std::string GradientRun::name() const {
  std::string name = pass + "/" + activations;
  if (activation_type != activation_type_name(ActivationType::float32)) name += "/" + activation_type;
  if (products != product_precision_name(ProductPrecision::full)) name += "/" + products;
  return name;
}

std::vector<GradientRun> runs_of(const GradientSettings& settings) {
  std::vector<GradientRun> runs;
  for (const std::string& pass : settings.passes) {
    for (const std::string& activations : settings.activations) {
      for (const std::string& type : settings.activation_types) {
        for (const std::string& products : settings.products) runs.push_back({pass, activations, type, products});
      }
    }
  }
  return runs;
}

FnoConfig model_of(const Options& options, const GradientSettings& settings, const GradientRun& run) {
  FnoConfig config = model_of(options, settings.in_steps, settings.schedule);
  config.activations = activations_from_name(run.activations);
  if (run.activation_type == activation_type_name(ActivationType::bfloat16)) {
    config.activation_type = ActivationType::bfloat16;
  }
  if (run.products == product_precision_name(ProductPrecision::tensor_float32)) {
    config.products = ProductPrecision::tensor_float32;
  }
  return config;
}

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
