#include <gtest/gtest.h>

#include <cmath>

#include "support/gather.hpp"
#include "support/mpi_fixture.hpp"
#include "support/partitions.hpp"
#include "tessera/core/error.hpp"
#include "tessera/training/trainer.hpp"
#include "training/synthetic_source.hpp"

namespace tessera {
namespace {

using namespace testing_support;

TrainingConfig training_config() {
  TrainingConfig config;
  config.batch_size = 3;  // 7 samples: the last batch is smaller
  config.learning_rate = {.base = 2e-2, .decay = Decay::cosine, .warmup_epochs = 1.0, .epochs = 8};
  config.weight_decay = 1e-3;
  config.gradient_clip = 1.0;
  return config;
}

std::vector<double> loss_curve(const Shape& extents, Index epochs) {
  const SyntheticSource source(7, tiny_model());
  const Partition partition(world(), extents);
  Fno<double> model(tiny_model(), partition, 3);
  Trainer<double> trainer(model, source, fit_normalisers(source, partition), training_config());
  std::vector<double> losses;
  for (Index epoch = 0; epoch < epochs; ++epoch) losses.push_back(trainer.run_epoch().train_loss);
  return losses;
}

TEST(Trainer, FollowsTheLossCurveOfOneRank) {
  const auto expected = loss_curve({1, 1, 1, 1}, 8);  // 24 steps
  EXPECT_LT(expected.back(), 0.7 * expected.front());
  for (const Shape& extents : all_partitions(world()->size(), 4)) {
    const auto losses = loss_curve(extents, 8);
    for (std::size_t i = 0; i < losses.size(); ++i) {
      EXPECT_NEAR(losses[i], expected[i], 1e-9 * expected[i]) << to_string(extents) << ", epoch " << i + 1;
    }
  }
}

TEST(Trainer, PredictionsAreEvaluatedInTheUnitsOfTheData) {
  const SyntheticSource source(4, tiny_model());
  const Partition partition(world(), {1, 1, world()->size(), 1});
  Fno<double> model(tiny_model(), partition, 3);
  const auto normalisers = fit_normalisers(source, partition);
  const Metrics metrics = evaluate(model, normalisers, source, 3);
  EXPECT_EQ(metrics.samples, 4);
  MetricsAccumulator one_by_one;
  for (Index sample = 0; sample < 4; ++sample) {
    DistTensor<double> input(model.input_space(1)), truth(model.output_space(1));
    source.read(std::span(&sample, 1), input, truth);
    one_by_one.add(predict(model, normalisers, std::move(input)), truth);
  }
  EXPECT_NEAR(metrics.r2, one_by_one.result().r2, 1e-12);
  EXPECT_NEAR(metrics.relative_l2, one_by_one.result().relative_l2, 1e-12);
}

TEST(Trainer, SamplesThatDoNotFitAreRefused) {
  FnoConfig other = tiny_model();
  other.grid = {6, 7};
  const SyntheticSource source(4, other);
  const Partition partition(world(), {1, 1, world()->size(), 1});
  Fno<double> model(tiny_model(), partition, 3);
  EXPECT_THROW(Trainer<double>(model, source, fit_normalisers(source, partition), training_config()), ShapeError);
}

TEST(Trainer, ADivergingRunStopsWithAnError) {
  const SyntheticSource source(4, tiny_model());
  const Partition partition(world(), {1, 1, world()->size(), 1});
  Fno<double> model(tiny_model(), partition, 3);
  for (const auto& ref : model.parameters()) std::visit([](auto* p) { scale(1e200, p->value); }, ref);
  Trainer<double> trainer(model, source, fit_normalisers(source, partition), training_config());
  EXPECT_THROW(trainer.run_epoch(), NumericError);
}

TEST(Normaliser, GivesZeroMeanAndUnitDeviationOnEveryPartition) {
  const SyntheticSource source(5, tiny_model());
  const auto expected = fit_normalisers(source, Partition(world(), {1, 1, 1, 1}));
  for (const Shape& extents : all_partitions(world()->size(), 4)) {
    const Partition partition(world(), extents);
    const auto pair = fit_normalisers(source, partition);
    EXPECT_NEAR(pair.output.mean[0], expected.output.mean[0], 1e-13);
    EXPECT_NEAR(pair.output.deviation[0], expected.output.deviation[0], 1e-13);
    DistTensor<double> input({tiny_model().input_shape(5), partition}),
        output({tiny_model().output_shape(5), partition});
    const std::vector<Index> all{0, 1, 2, 3, 4};
    source.read(all, input, output);
    const auto original = output.clone();
    pair.output.normalise(output);
    const auto count = static_cast<double>(volume(output.shape()));
    EXPECT_NEAR(inner_product(output, output) / count, 1.0, 1e-12);
    pair.output.restore(output);
    EXPECT_LT(relative_difference(output, original), 1e-13);
  }
}

TEST(Normaliser, AConstantChannelIsOnlyShifted) {
  const ConstantSource source(3, tiny_model(), 4.0);
  const auto pair = fit_normalisers(source, Partition(world(), {1, 1, world()->size(), 1}));
  EXPECT_DOUBLE_EQ(pair.output.mean[0], 4.0);
  EXPECT_DOUBLE_EQ(pair.output.deviation[0], 1.0);
}

TEST(LearningRate, FollowsItsSchedule) {
  const LearningRate constant{.base = 2.0, .decay = Decay::constant, .warmup_epochs = 4.0};
  EXPECT_DOUBLE_EQ(constant.at(1.0), 0.5);
  EXPECT_DOUBLE_EQ(constant.at(100.0), 2.0);
  const LearningRate step{.base = 1.0, .decay = Decay::step, .step_epochs = 10.0, .step_factor = 0.5};
  EXPECT_DOUBLE_EQ(step.at(9.9), 1.0);
  EXPECT_DOUBLE_EQ(step.at(25.0), 0.25);
  const LearningRate cosine{.base = 1.0, .decay = Decay::cosine, .final_rate = 0.1, .epochs = 10};
  EXPECT_DOUBLE_EQ(cosine.at(0.0), 1.0);
  EXPECT_NEAR(cosine.at(5.0), 0.55, 1e-15);
  EXPECT_NEAR(cosine.at(10.0), 0.1, 1e-15);
}

TEST(Adam, TakesTheStepOfTheFormula) {
  Parameter<std::complex<double>> parameter("p", {{world()->size()}, Partition(world(), {world()->size()})});
  fill(parameter.value, [](Index) { return std::complex<double>(1.0, 0.0); });
  fill(parameter.gradient, [](Index) { return std::complex<double>(3.0, 4.0); });
  Adam<double> adam({&parameter}, {.weight_decay = 0.5});
  adam.step(0.1);
  // First step: m / c1 = g, v / c2 = |g|^2 = 25; decay 0.1 * 0.5 * 1.
  const auto value = parameter.value.local().to(Device::cpu());
  EXPECT_NEAR(value[0].real(), 1.0 - 0.05 - 0.1 * 3.0 / 5.0, 1e-9);
  EXPECT_NEAR(value[0].imag(), -0.1 * 4.0 / 5.0, 1e-9);
  EXPECT_NEAR(gradient_norm<double>({&parameter}), 5.0 * std::sqrt(world()->size()), 1e-12);
}

}  // namespace
}  // namespace tessera
