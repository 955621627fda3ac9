#include "tessera/io/model_checkpoint.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "support/gather.hpp"
#include "support/mpi_fixture.hpp"
#include "tessera/core/error.hpp"
#include "training/synthetic_source.hpp"

namespace tessera {
namespace {

using namespace testing_support;

/// A model with its trainer on some partition of all ranks' communicator.
struct CheckpointedRun {
  CheckpointedRun(const Shape& extents, const ModelDescription& description)
      : source(7, description.model),
        model(description.model, Partition(world(), extents), 3),
        trainer(model, source, description.normalisers, description.training) {}

  SyntheticSource source;
  Fno<double> model;
  Trainer<double> trainer;
};

ModelDescription description() {
  ModelDescription result;
  result.model = tiny_model();
  result.training.batch_size = 3;
  result.training.learning_rate = {.base = 1e-2, .decay = Decay::cosine, .warmup_epochs = 1.0, .epochs = 6};
  result.training.seed = 0xfedcba9876543210ULL;
  result.normalisers = fit_normalisers(SyntheticSource(7, result.model), Partition(world(), {1, 1, 1, 1}));
  result.axis_names = {"x", "t"};
  return result;
}

std::string checkpoint_path() {
  const auto name = "tessera_model_checkpoint_" + std::to_string(world()->size()) + ".h5";
  return (std::filesystem::temp_directory_path() / name).string();
}

TEST(ModelCheckpoint, AResumedRunFollowsTheSameLossCurveAtAnotherRankCount) {
  const Index ranks = world()->size();
  CheckpointedRun uninterrupted({1, 1, ranks, 1}, description());
  std::vector<double> expected;
  for (int epoch = 0; epoch < 6; ++epoch) expected.push_back(uninterrupted.trainer.run_epoch().train_loss);

  CheckpointedRun first({1, 1, ranks, 1}, description());
  for (int epoch = 0; epoch < 3; ++epoch) first.trainer.run_epoch();
  save_checkpoint(checkpoint_path(), description(), first.model, first.trainer);

  // On one rank, and on all ranks along other axes.
  for (const Shape& extents :
       {Shape{1, 1, 1, 1}, Shape{ranks, 1, 1, 1}, Shape{1, ranks, 1, 1}, Shape{1, 1, 1, ranks}}) {
    SCOPED_TRACE(to_string(extents));
    ModelDescription stored = read_model_description(checkpoint_path(), world());
    stored.model.activations = Activations::none;
    CheckpointedRun resumed(extents, stored);
    load_training_state(checkpoint_path(), resumed.model, resumed.trainer);
    EXPECT_EQ(resumed.trainer.epochs_done(), 3);
    for (std::size_t epoch = 3; epoch < 6; ++epoch) {
      EXPECT_NEAR(resumed.trainer.run_epoch().train_loss, expected[epoch], 1e-10 * expected[epoch]);
    }
  }
  world()->barrier();
  if (world()->rank() == 0) std::filesystem::remove(checkpoint_path());
}

TEST(ModelCheckpoint, KeepsConfigurationNormalisersAndSeed) {
  ModelDescription original = description();
  original.model.activations = Activations::one;
  CheckpointedRun run({1, 1, world()->size(), 1}, original);
  save_checkpoint(checkpoint_path(), original, run.model, run.trainer);
  const ModelDescription stored = read_model_description(checkpoint_path(), world());
  EXPECT_EQ(stored.model, original.model);
  EXPECT_EQ(stored.normalisers.input.mean, original.normalisers.input.mean);
  EXPECT_EQ(stored.normalisers.output.deviation, original.normalisers.output.deviation);
  EXPECT_EQ(stored.training.seed, original.training.seed);
  EXPECT_EQ(stored.training.learning_rate.decay, Decay::cosine);
  EXPECT_EQ(stored.axis_names, original.axis_names);
  EXPECT_EQ(stored.precision, "float64");

  // A single-precision model takes the double-precision weights.
  Fno<float> single(stored.model, Partition(world(), {1, 1, 1, world()->size()}), 99);
  load_parameters(checkpoint_path(), single);
  const auto& loaded = std::get<Parameter<float>*>(single.parameters().front())->value;
  const auto& saved = std::get<Parameter<double>*>(run.model.parameters().front())->value;
  const double difference = norm(gathered(loaded)) - norm(gathered(saved));
  EXPECT_LT(std::abs(difference), 1e-6 * norm(gathered(saved)));
  world()->barrier();
  if (world()->rank() == 0) std::filesystem::remove(checkpoint_path());
}

TEST(ModelCheckpoint, AForeignFileIsRefused) {
  const std::string reference = std::string(TESSERA_TEST_DATA) + "/fno2d.h5";
  try {
    read_model_description(reference, world());
    ADD_FAILURE() << "no error";
  } catch (const IoError& error) {
    EXPECT_NE(std::string(error.what()).find("fno2d.h5: expected a checkpoint"), std::string::npos) << error.what();
  }
}

TEST(ModelCheckpoint, AModelOfAnotherShapeIsRefused) {
  CheckpointedRun run({1, 1, world()->size(), 1}, description());
  save_checkpoint(checkpoint_path(), description(), run.model, run.trainer);
  FnoConfig other = tiny_model();
  other.width += 1;
  Fno<double> wider(other, Partition(world(), {1, 1, world()->size(), 1}), 1);
  EXPECT_THROW(load_parameters(checkpoint_path(), wider), IoError);
  world()->barrier();
  if (world()->rank() == 0) std::filesystem::remove(checkpoint_path());
}

}  // namespace
}  // namespace tessera
