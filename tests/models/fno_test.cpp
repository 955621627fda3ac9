#include "tessera/models/fno.hpp"

#include <gtest/gtest.h>

#include "layers/layer_checks.hpp"
#include "tessera/core/error.hpp"

namespace tessera {
namespace {

using namespace testing_support;

FnoConfig small_config() {
  FnoConfig config;
  config.in_channels = 2;
  config.out_channels = 2;
  config.grid = {5, 4, 6};
  config.in_steps = 2;
  config.modes = {2, 1, 3};
  config.width = 4;
  config.hidden = 5;
  config.blocks = 2;
  return config;
}

LayerFactory fno(const FnoConfig& config) {
  return [config](const Partition& partition) {
    const auto model = std::make_shared<Fno<double>>(config, partition, 5);
    return AnyLayer{model, [model](const Variable<double>& x) { return (*model)(x); }, model->parameters()};
  };
}

TEST(Fno, IsThatOfOneRankOnEveryPartition) { check_layer(fno(small_config()), small_config().input_shape(3)); }

TEST(Fno, PassesTheTaylorTest) { check_taylor_on_each_axis(fno(small_config()), small_config().input_shape(2)); }

TEST(Fno, RunsWithoutATimeLift) {
  FnoConfig config = small_config();
  config.in_steps = 0;
  check_layer(fno(config), config.input_shape(2));
}

TEST(Fno, ParameterNamesAndCountAreThoseDocumented) {
  Fno<double> model(small_config(), Partition(world(), {1, 1, world()->size(), 1, 1}), 1);
  std::vector<std::string> names;
  Index count = 0;
  for (const auto& ref : model.parameters()) {
    std::visit(
        [&]<class S>(Parameter<S>* p) {
          names.push_back(p->name);
          count += volume(p->value.shape()) * kRealsPerElement<S>;
        },
        ref);
  }
  EXPECT_EQ(names, (std::vector<std::string>{"lift_time/weight", "lift_time/bias", "lift_channel/weight",
                                             "lift_channel/bias", "block0/pointwise/weight", "block0/spectral/weight",
                                             "block1/pointwise/weight", "block1/spectral/weight", "project1/weight",
                                             "project1/bias", "project2/weight", "project2/bias"}));
  EXPECT_EQ(count, parameter_count(small_config()));
}

TEST(Fno, InitialActivationsKeepTheirScale) {
  FnoConfig config;
  config.grid = {16, 16};
  config.modes = {4, 5};
  config.width = 32;
  config.hidden = 64;
  config.blocks = 4;
  const Partition partition(world(), {1, 1, world()->size(), 1});
  Fno<double> model(config, partition, 11);
  Tape tape(false);
  const auto y = model(tape.constant(random_tensor<double>(model.input_space(2), "x")));
  const double mean_square = inner_product(y.value(), y.value()) / static_cast<double>(volume(y.value().shape()));
  EXPECT_GT(mean_square, 0.02);
  EXPECT_LT(mean_square, 50.0);
}

TEST(Fno, BadConfigurationsAreNamed) {
  FnoConfig config = small_config();
  config.width = 0;
  EXPECT_THROW(config.validate(), ConfigError);
  config = small_config();
  config.modes = {3, 1, 3};
  EXPECT_THROW(config.validate(), FftError);
  EXPECT_THROW(Fno<double>(small_config(), Partition(world(), {1, 1, world()->size(), 1}), 1), PartitionError);
}

TEST(Fno, AnInputOfAnotherShapeIsRefused) {
  const Partition partition(world(), {1, 1, world()->size(), 1, 1});
  Fno<double> model(small_config(), partition, 1);
  Tape tape;
  EXPECT_THROW(model(tape.constant(DistTensor<double>::zeros({{1, 2, 5, 4, 3}, partition}))), ShapeError);
}

}  // namespace
}  // namespace tessera
