/// \file
/// The pipeline against the model on one rank.

#include "tessera/models/pipeline_fno.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "support/gather.hpp"
#include "support/mpi_fixture.hpp"
#include "support/partitions.hpp"
#include "tessera/core/error.hpp"
#include "tessera/io/checkpoint_file.hpp"
#include "tessera/models/fno.hpp"
#include "tessera/training/adam.hpp"

namespace tessera {
namespace {

using namespace testing_support;

FnoConfig config_of(Shape grid, Shape modes, Index in_steps, Index blocks) {
  FnoConfig config;
  config.in_channels = 2;
  config.out_channels = 3;
  config.grid = std::move(grid);
  config.modes = std::move(modes);
  config.in_steps = in_steps;
  config.width = 4;
  config.hidden = 5;
  config.blocks = blocks;
  return config;
}

Partition one_rank(const FnoConfig& config) { return {world(), Shape(config.grid.size() + 2, 1)}; }

/// |x - reference| / |reference| wherever the two are.
template <class T>
double difference(const DistTensor<T>& x, const DistTensor<T>& reference) {
  return relative_difference(Repartition<T>(x.shape(), x.partition(), reference.partition()).forward(x), reference);
}

template <class Check>
void for_each_pair(const ParameterList<double>& list, const ParameterList<double>& reference, Check&& check) {
  ASSERT_EQ(list.size(), reference.size());
  for (std::size_t i = 0; i < list.size(); ++i) {
    ASSERT_EQ(list[i].index(), reference[i].index());
    std::visit(
        [&]<class S>(Parameter<S>* p) {
          Parameter<S>& r = *std::get<Parameter<S>*>(reference[i]);
          EXPECT_EQ(p->name, r.name);
          check(*p, r);
        },
        list[i]);
  }
}

/// All ways to use all ranks: numbers of stages, and for each the grids of a stage.
std::vector<PipelineConfig> pipelines(const FnoConfig& config) {
  std::vector<PipelineConfig> list;
  for (Index stages = 1; stages <= std::min<Index>(config.blocks, world()->size()); ++stages) {
    if (world()->size() % stages != 0) continue;
    for (const Shape& grid : all_partitions(world()->size() / stages, config.grid.size() + 2)) {
      list.push_back({grid, stages, 1, PipelineSchedule::gpipe});
    }
  }
  return list;
}

std::string describe(const PipelineConfig& pipeline) {
  return std::to_string(pipeline.stages) + " stages on " + to_string(pipeline.stage_grid) + ", " +
         std::to_string(pipeline.micro_batches) + " micro-batches, " + pipeline_schedule_name(pipeline.schedule);
}

/// What one rank computes.
struct Reference {
  Reference(const FnoConfig& config, Index batch, Loss of_loss)
      : loss(of_loss),
        model(config, one_rank(config), 5),
        x(random_tensor<double>(model.input_space(batch), "x")),
        target(random_tensor<double>(model.output_space(batch), "target")),
        y(model.forward(x)),
        value(model.value_and_gradient(loss, x, target)) {}

  Loss loss;
  Fno<double> model;
  DistTensor<double> x, target, y;
  double value;
};

void expect_equal(const PipelineConfig& pipeline, Activations activations, Reference& reference) {
  SCOPED_TRACE(describe(pipeline) + ", activations " + activations_name(activations));
  const Index batch = reference.x.shape()[0];
  PipelineFno<double> model(reference.model.config(), world(), pipeline, 5);
  model.set_activations(activations);
  for_each_pair(model.parameters(), reference.model.parameters(),
                [](const auto& p, const auto& r) { EXPECT_EQ(difference(p.value, r.value), 0.0) << p.name; });
  const auto x = random_tensor<double>(model.input_space(batch), "x");
  const auto target = random_tensor<double>(model.output_space(batch), "target");
  EXPECT_LT(difference(model.forward(x), reference.y), 1e-13);
  const double value = model.value_and_gradient(reference.loss, x, target);
  EXPECT_NEAR(value, reference.value, 1e-13 * reference.value);
  for_each_pair(model.parameters(), reference.model.parameters(),
                [](const auto& p, const auto& r) { EXPECT_LT(difference(p.gradient, r.gradient), 1e-12) << p.name; });
}

TEST(PipelineFno, IsTheModelOfOneRankForAnyStagesAndStageGrids) {
  Reference reference(config_of({5, 6}, {2, 3}, 2, 6), 3, Loss::relative_l2);
  Index count = 0;
  for (PipelineConfig pipeline : pipelines(reference.model.config())) {
    const Activations modes[] = {Activations::all, Activations::one, Activations::none};
    pipeline.micro_batches = 1 + count % 3;
    pipeline.schedule = count % 2 == 0 ? PipelineSchedule::gpipe : PipelineSchedule::one_forward_one_backward;
    expect_equal(pipeline, modes[count % 3], reference);
    ++count;
  }
}

TEST(PipelineFno, ServesAnyMicroBatchesInEveryModeAndSchedule) {
  const FnoConfig config = config_of({9}, {4}, 0, 7);
  Reference relative(config, 5, Loss::relative_l2), squared(config, 5, Loss::mse);
  Index count = 0;
  for (PipelineConfig pipeline : pipelines(config)) {
    if (pipeline.stage_grid[1] > 1) continue;
    for (const Index micro_batches : {2, 3, 5, 7}) {
      pipeline.micro_batches = micro_batches;
      for (const auto schedule : {PipelineSchedule::gpipe, PipelineSchedule::one_forward_one_backward}) {
        const Activations modes[] = {Activations::all, Activations::one, Activations::none};
        pipeline.schedule = schedule;
        expect_equal(pipeline, modes[count % 3], count % 4 < 2 ? relative : squared);
        ++count;
      }
    }
  }
}

TEST(PipelineFno, ServesFourAxesWithTime) {
  Reference reference(config_of({4, 3, 5, 6}, {2, 1, 2, 4}, 3, 2), 2, Loss::relative_l2);
  const Index stages = world()->size() % 2 == 0 ? 2 : 1;
  const Index ranks = world()->size() / stages;
  for (std::size_t axis = 0; axis < 6; ++axis) {
    Shape grid(6, 1);
    grid[axis] = ranks;
    expect_equal({grid, stages, 2, PipelineSchedule::gpipe}, Activations::all, reference);
  }
}

TEST(PipelineFno, TrainsLikeTheModelOfOneRank) {
  const FnoConfig config = config_of({5, 6}, {2, 3}, 2, 6);
  Reference reference(config, 2, Loss::relative_l2);
  PipelineFno<double> model(config, world(), {Shape(4, 1), world()->size(), 2, PipelineSchedule::gpipe}, 5);
  const auto x = random_tensor<double>(model.input_space(2), "x");
  const auto target = random_tensor<double>(model.output_space(2), "target");
  Adam<double> adam(model.parameters(), {}), reference_adam(reference.model.parameters(), {});
  for (int step = 0; step < 3; ++step) {
    zero_gradients(model.parameters());
    zero_gradients(reference.model.parameters());
    const double value = model.value_and_gradient(Loss::relative_l2, x, target);
    const double expected = reference.model.value_and_gradient(Loss::relative_l2, reference.x, reference.target);
    EXPECT_NEAR(value, expected, 1e-11);
    EXPECT_NEAR(gradient_norm(model.parameters()), gradient_norm(reference.model.parameters()), 1e-11);
    adam.step(1e-2, 1.0);
    reference_adam.step(1e-2, 1.0);
  }
}

TEST(PipelineFno, GradientsAddUp) {
  const FnoConfig config = config_of({6, 5}, {2, 3}, 0, 6);
  PipelineFno<double> model(config, world(), {Shape(4, 1), world()->size(), 2, PipelineSchedule::gpipe}, 5);
  const auto x = random_tensor<double>(model.input_space(2), "x");
  const auto target = random_tensor<double>(model.output_space(2), "target");
  model.value_and_gradient(Loss::mse, x, target);
  const double once = gradient_norm(model.parameters());
  model.value_and_gradient(Loss::mse, x, target);
  EXPECT_NEAR(gradient_norm(model.parameters()), 2.0 * once, 1e-12 * once);
}

TEST(PipelineFno, ItsCheckpointIsThatOfAnFno) {
  const auto name = "tessera_pipeline_" + std::to_string(world()->size()) + ".h5";
  const std::string path = (std::filesystem::temp_directory_path() / name).string();
  const FnoConfig config = config_of({6, 5}, {2, 3}, 2, 6);
  PipelineFno<double> pipeline(config, world(), {Shape(4, 1), world()->size(), 1, PipelineSchedule::gpipe}, 5);
  CheckpointWriter writer(path, world());
  for (const auto& ref : pipeline.parameters()) std::visit([&](auto* p) { writer.add(p->name, p->value); }, ref);
  writer.commit();
  Fno<double> model(config, Partition(world(), {1, 1, world()->size(), 1}), 6);
  const CheckpointReader reader(path, world());
  for (const auto& ref : model.parameters()) std::visit([&](auto* p) { reader.read(p->name, p->value); }, ref);
  const auto y = model.forward(random_tensor<double>(model.input_space(1), "x"));
  EXPECT_LT(difference(pipeline.forward(random_tensor<double>(pipeline.input_space(1), "x")), y), 1e-13);
  world()->barrier();
  if (world()->rank() == 0) std::filesystem::remove(path);
}

TEST(PipelineFno, RefusesWhatDoesNotFit) {
  const FnoConfig config = config_of({5, 6}, {2, 3}, 0, 2);
  const Index ranks = world()->size();
  const auto make = [&](const FnoConfig& of, const PipelineConfig& pipeline) {
    const PipelineFno<double> model(of, world(), pipeline, 5);
  };
  EXPECT_THROW(make(config, {Shape(4, 1), 3}), ConfigError);
  EXPECT_THROW(make(config, {Shape(4, 1), 0}), ConfigError);
  EXPECT_THROW(make(config, {{1, 1, ranks, 1}, 1, 0}), ConfigError);
  EXPECT_THROW(make(config, {{1, 1, ranks + 1, 1}, 1}), PartitionError);
  EXPECT_THROW(make(config, {{1, 1, ranks, 1}, 2}), PartitionError);
  EXPECT_THROW(make(config, {{1, 1, ranks}, 1}), PartitionError);
  FnoConfig bad = config;
  bad.width = 0;
  EXPECT_THROW(make(bad, {{1, 1, ranks, 1}, 1}), ConfigError);
  PipelineFno<double> model(config, world(), {{1, 1, ranks, 1}, 1}, 5);
  const auto x = random_tensor<double>(model.input_space(2), "x");
  const auto y = random_tensor<double>(model.output_space(2), "y");
  EXPECT_THROW(model.forward(y), ShapeError);
  EXPECT_THROW(model.value_and_gradient(Loss::mse, x, x), ShapeError);
}

}  // namespace
}  // namespace tessera
