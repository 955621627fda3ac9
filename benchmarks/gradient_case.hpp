#pragma once

/// \file
/// What the gradient benchmark computes with: a model, its fields and, for whole training steps, Adam.

#include <optional>
#include <string>
#include <vector>

#include "model_case.hpp"
#include "tessera/training/adam.hpp"

namespace tessera::bench {

/// The options of the gradient benchmark alone.
struct GradientSettings {
  std::vector<std::string> activations = {"all", "one", "none"};
  std::vector<std::string> activation_types = {"float32"};
  std::vector<std::string> products = {"full"};
  std::vector<std::string> passes = {"gradient"};
  Shape sizes;
  Index largest = 0;
  std::string fields = "automatic";
  std::string schedule = "automatic";
  std::string loss = "relative_l2";
  Index in_steps = 1;
  int threads = 0;
  bool progress = false;
  std::string dfno;
  bool torch = false;
  std::vector<std::string> torch_variants = {"eager", "compile"};
  std::string python = "python3";
};

/// One way to run the network.
struct GradientRun {
  std::string pass, activations, activation_type, products;

  /// "gradient/all", and behind it what is not the default.
  std::string name() const;
};

/// All that the settings ask for.
std::vector<GradientRun> runs_of(const GradientSettings& settings);

/// The model of the common options, run so.
FnoConfig model_of(const Options& options, const GradientSettings& settings, const GradientRun& run);

/// A model with its input and target, in memory or as formulas.
class GradientCase {
 public:
  /// Collective over the ranks of the partition.
  GradientCase(const FnoConfig& config, const Partition& partition, Index batch, Loss loss, bool formulas);

  /// "forward": a prediction; "gradient": forward, loss and backward; "step": a gradient and Adam. Collective.
  void run(const std::string& pass);

  Fno<float>& model() { return model_; }

 private:
  void forward();
  void gradient();

  Fno<float> model_;
  Index batch_;
  Loss loss_;
  FormulaReader x_formula_, target_formula_;
  std::optional<DistTensor<float>> x_, target_;
  std::optional<Adam<float>> adam_;  ///< from the first step on
};

}  // namespace tessera::bench
