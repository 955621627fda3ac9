/// \file
/// Samples that are read box by box, from sources that hold them in memory; io/streamed_training_test.cpp has those on
/// disk.

#include <gtest/gtest.h>

#include "support/gather.hpp"
#include "support/mpi_fixture.hpp"
#include "support/partitions.hpp"
#include "tessera/core/error.hpp"
#include "tessera/training/normalised_field.hpp"
#include "tessera/training/slabs.hpp"
#include "tessera/training/trainer.hpp"
#include "training/synthetic_source.hpp"

namespace tessera {
namespace {

using namespace testing_support;

TEST(Slabs, CoverABoxOnceInItsRowMajorOrder) {
  const Box box{{1, 1, 3, 2, 0}, {2, 2, 5, 3, 4}};
  const auto pieces = slabs(box, 2 * 3 * 4);
  ASSERT_EQ(pieces.size(), 12U);
  EXPECT_EQ(pieces[0], (Box{{1, 1, 3, 2, 0}, {1, 1, 2, 3, 4}}));
  EXPECT_EQ(pieces[2], (Box{{1, 1, 7, 2, 0}, {1, 1, 1, 3, 4}}));
  EXPECT_EQ(pieces[3], (Box{{1, 2, 3, 2, 0}, {1, 1, 2, 3, 4}}));
  EXPECT_EQ(pieces[11], (Box{{2, 2, 7, 2, 0}, {1, 1, 1, 3, 4}}));
  // A plane is not divided.
  EXPECT_EQ(slabs(box, 1).size(), 20U);
  EXPECT_TRUE(slabs({{0, 0, 0}, {2, 0, 4}}).empty());
}

TEST(SampleSource, OpensInMemoryWhatItReads) {
  const FnoConfig config = tiny_model();
  const SyntheticSource source(7, config);
  const std::vector<Index> samples{6, 0, 3};
  for (const Shape& extents : all_partitions(world()->size(), 4)) {
    const Partition partition(world(), extents);
    DistTensor<double> input({config.input_shape(3), partition}), output({config.output_shape(3), partition});
    source.read(samples, input, output);
    BatchFields<double> fields;
    source.open(samples, partition, fields);
    DistTensor<double> opened(output.space());
    HostOutput<double> values_read(opened.local());
    fields.output->read(opened.box(), values_read.data());
    values_read.store();
    EXPECT_EQ(relative_difference(opened, output), 0.0) << to_string(extents);
    Box reaching = input.box();
    reaching.start.back() = 0;
    reaching.extent.back() = input.shape().back();
    std::vector<double> values(static_cast<std::size_t>(reaching.volume()));
    fields.input->read(reaching, values.data());
  }
}

TEST(NormalisedField, NormalisesBoxesAndRestoresThem) {
  const TensorSpace space{{2, 3, 4, 5}, Partition(world(), {1, 1, 1, world()->size()})};
  const auto x = random_tensor<double>(space, "x");
  const Normaliser normaliser{{0.5, -1.0, 2.0}, {2.0, 0.5, 3.0}};
  auto expected = x.clone();
  normaliser.normalise(expected);
  const TensorReader<double> field(x);
  const NormalisedReader<double> normalised(field, normaliser);
  DistTensor<double> read(space), restored(space);
  TensorWriter<double> writer(restored);
  RestoringWriter<double> restoring(writer, normaliser);
  // Channel by channel, so that the box says which is which.
  for (Index channel = 0; channel < 3; ++channel) {
    Box box = x.box();
    box.start[1] = channel;
    box.extent[1] = 1;
    std::vector<double> values(static_cast<std::size_t>(box.volume()));
    normalised.read(box, values.data());
    TensorWriter<double>(read).write(box, values.data());
    restoring.write(box, values.data());
  }
  EXPECT_LT(relative_difference(read, expected), 1e-15);
  EXPECT_LT(relative_difference(restored, x), 1e-15);
  EXPECT_THROW(NormalisedReader<double>(field, Normaliser::identity(2)), ShapeError);
  EXPECT_THROW(RestoringWriter<double>(writer, Normaliser::identity(4)), ShapeError);
}

TEST(Trainer, ReportsStepsWhileTheyRun) {
  const SyntheticSource source(5, tiny_model());
  const Partition partition(world(), {1, 1, world()->size(), 1});
  for (const Activations activations : {Activations::all, Activations::none}) {
    FnoConfig config = tiny_model();
    config.activations = activations;
    Fno<double> model(config, partition, 3);
    Trainer<double> trainer(model, source, fit_normalisers(source, partition), TrainingConfig{.batch_size = 2});
    std::vector<StepReport> reports;
    trainer.run_epoch([&](const StepReport& report) { reports.push_back(report); });
    ASSERT_GT(reports.size(), 6U);  // three steps of several passes each
    EXPECT_TRUE(std::isnan(reports.front().mean_loss));
    EXPECT_GT(reports.front().samples_done, 0.0);
    EXPECT_LT(reports.front().samples_done, 1.0);
    for (std::size_t i = 1; i < reports.size(); ++i) {
      EXPECT_GE(reports[i].samples_done, reports[i - 1].samples_done);
    }
    EXPECT_EQ(reports.back().samples_done, 5.0);
    EXPECT_EQ(reports.back().samples_total, 5);
    EXPECT_TRUE(std::isfinite(reports.back().mean_loss));
  }
}

TEST(Trainer, RefusesAScheduleThatCannotStream) {
  FnoConfig config = tiny_model();
  config.activations = Activations::none;
  config.schedule = Schedule::grady;
  const SyntheticSource source(4, config);
  const Partition partition(world(), {1, 1, 1, world()->size()});
  Fno<double> model(config, partition, 3);
  const auto normalisers = fit_normalisers(source, partition);
  if (world()->size() == 1) {
    EXPECT_NO_THROW(require_schedule(model));
    return;
  }
  EXPECT_THROW(Trainer<double>(model, source, normalisers, {}), ConfigError);
  model.set_activations(Activations::one);
  Trainer<double> trainer(model, source, normalisers, {});
  EXPECT_TRUE(std::isfinite(trainer.run_epoch().train_loss));
}

}  // namespace
}  // namespace tessera
