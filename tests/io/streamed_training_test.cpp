/// \file
/// Training, evaluation and prediction that never hold a sample, on data sets on disk.

#include <gtest/gtest.h>

#include "io/hdf5_test_support.hpp"
#include "support/gather.hpp"
#include "tessera/io/dataset_source.hpp"
#include "tessera/training/trainer.hpp"

namespace tessera {
namespace {

using namespace testing_support;

constexpr Index kSamples = 5;

FnoConfig model_config() {
  FnoConfig config;
  config.in_channels = 2;
  config.out_channels = 2;
  config.grid = {5, 4, 6};
  config.modes = {2, 2, 3};
  config.in_steps = 2;
  config.width = 3;
  config.hidden = 5;
  config.blocks = 3;
  return config;
}

Shape without_batch(const Shape& shape) { return {shape.begin() + 1, shape.end()}; }

void write_samples(const std::string& path) {
  const FnoConfig config = model_config();
  DatasetWriter writer(path, {kSamples, without_batch(config.input_shape(1)), without_batch(config.output_shape(1))},
                       world());
  const Partition partition(world(), {1, 1, world()->size()});
  for (Index sample = 0; sample < kSamples; ++sample) {
    const std::string name = std::to_string(sample);
    writer.write_sample(sample, random_tensor<float>({config.input_shape(1), partition}, "input " + name),
                        random_tensor<float>({config.output_shape(1), partition}, "output " + name));
  }
  writer.close();
}

/// All ranks along each axis, and, where their number allows it, along two.
std::vector<Shape> some_partitions() {
  const Index ranks = world()->size();
  std::vector<Shape> list;
  for (std::size_t axis = 0; axis < 5; ++axis) {
    list.push_back(Shape(5, 1));
    list.back()[axis] = ranks;
  }
  if (ranks % 2 == 0) {
    list.push_back({2, 1, ranks / 2, 1, 1});
    list.push_back({1, 2, 1, 1, ranks / 2});
  }
  return list;
}

struct Outcome {
  std::vector<double> losses;
  Metrics metrics;
  DistTensor<double> prediction;
  std::unique_ptr<Fno<double>> model;
};

Outcome train(const Dataset& dataset, const Partition& partition, Activations activations) {
  FnoConfig config = model_config();
  config.activations = activations;
  auto model = std::make_unique<Fno<double>>(config, partition, 3);
  const DatasetSource source(dataset);
  const NormaliserPair normalisers = fit_normalisers(source, partition);
  TrainingConfig training;
  training.batch_size = 2;  // the last batch is smaller
  training.learning_rate = {.base = 1e-2, .epochs = 2};
  Trainer<double> trainer(*model, source, normalisers, training);
  std::vector<double> losses{trainer.run_epoch().train_loss, trainer.run_epoch().train_loss};
  const Metrics metrics = evaluate(*model, normalisers, source, 2);

  const std::vector<Index> samples{3, 1};
  DistTensor<double> prediction(model->output_space(2));
  if (streams(*model)) {
    DistTensor<double> streamed({config.output_shape(2), model->field_partition()});
    TensorWriter<double> writer(streamed);
    predict(*model, normalisers, 2, *dataset.input_field<double>(samples), writer);
    prediction = gathered(streamed);
  } else {
    DistTensor<double> input(model->input_space(2));
    dataset.read_inputs(samples, input);
    prediction = gathered(predict(*model, normalisers, std::move(input)));
  }
  return {losses, metrics, std::move(prediction), std::move(model)};
}

void expect_equal_weights(Fno<double>& a, Fno<double>& b) {
  const auto first = a.parameters(), second = b.parameters();
  for (std::size_t i = 0; i < first.size(); ++i) {
    std::visit(
        [&]<class P>(P* parameter) {
          const P& other = *std::get<P*>(second[i]);
          EXPECT_LT(relative_difference(parameter->value, other.value), 1e-10) << parameter->name;
        },
        first[i]);
  }
}

TEST(StreamedTraining, GivesTheSameWhateverIsKeptOfTheGrid) {
  const TemporaryDirectory directory;
  write_samples(directory.file("train.h5"));
  const Dataset dataset(directory.file("train.h5"), world());
  for (const Shape& extents : some_partitions()) {
    SCOPED_TRACE(to_string(extents));
    const Partition partition(world(), extents);
    const Outcome all = train(dataset, partition, Activations::all);
    EXPECT_EQ(all.metrics.samples, kSamples);
    for (const Activations activations : {Activations::one, Activations::none}) {
      SCOPED_TRACE(activations_name(activations));
      const Outcome other = train(dataset, partition, activations);
      for (std::size_t epoch = 0; epoch < 2; ++epoch) {
        EXPECT_NEAR(other.losses[epoch], all.losses[epoch], 1e-10 * all.losses[epoch]);
      }
      expect_equal_weights(*other.model, *all.model);
      EXPECT_NEAR(other.metrics.mse, all.metrics.mse, 1e-10 * all.metrics.mse);
      EXPECT_NEAR(other.metrics.mae, all.metrics.mae, 1e-10 * all.metrics.mae);
      EXPECT_NEAR(other.metrics.max_error, all.metrics.max_error, 1e-10 * all.metrics.max_error);
      EXPECT_NEAR(other.metrics.r2, all.metrics.r2, 1e-10);
      EXPECT_NEAR(other.metrics.relative_l2, all.metrics.relative_l2, 1e-10 * all.metrics.relative_l2);
      EXPECT_LT(relative_difference(other.prediction, all.prediction), 1e-10);
    }
  }
}

TEST(StreamedTraining, TellsAllRanksOfABadNumberThatOneMeets) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("bad.h5");
  const FnoConfig config = model_config();
  {
    DatasetWriter writer(path, {1, without_batch(config.input_shape(1)), without_batch(config.output_shape(1))},
                         world());
    const Partition partition(world(), {1, 1, world()->size()});
    auto input = DistTensor<float>::zeros({config.input_shape(1), partition});
    auto output = DistTensor<float>::zeros({config.output_shape(1), partition});
    if (world()->rank() == 0) output.data()[3] = std::numeric_limits<float>::quiet_NaN();
    writer.write_sample(0, input, output);
    writer.close();
  }
  const Dataset dataset(path, world());
  const DatasetSource source(dataset);
  const Partition partition(world(), {1, 1, world()->size(), 1, 1});
  expect_error<NumericError>([&] { fit_normalisers(source, partition); }, {":output", "found nan at sample 0"});
  FnoConfig streamed = config;
  streamed.activations = Activations::none;
  Fno<double> model(streamed, partition, 3);
  const NormaliserPair normalisers{Normaliser::identity(2), Normaliser::identity(2)};
  Trainer<double> trainer(model, source, normalisers, {});
  expect_error<NumericError>([&] { trainer.run_epoch(); }, {":output", "found nan at sample 0"});
  expect_error<NumericError>([&] { evaluate(model, normalisers, source, 1); }, {":output", "found nan at sample 0"});
}

}  // namespace
}  // namespace tessera
