#include <gtest/gtest.h>

#include "layers/layer_checks.hpp"
#include "tessera/layers/channel_mlp.hpp"
#include "tessera/layers/fno_block.hpp"

namespace tessera {
namespace {

using namespace testing_support;

AnyLayer gelu_layer(const Partition&) {
  return {nullptr, [](const Variable<double>& x) { return gelu(x); }, {}};
}
AnyLayer channel_affine(const Partition& partition) {
  return any_layer(std::make_shared<ChannelAffine<double>>("affine", partition, 5, 3, 1));
}
AnyLayer channel_affine_without_bias(const Partition& partition) {
  return any_layer(std::make_shared<ChannelAffine<double>>("affine", partition, 5, 7, 1,
                                                           AxisAffine<double>::Options{.bias = false, .gain = 2.0}));
}
AnyLayer time_affine(const Partition& partition) {
  return any_layer(std::make_shared<AxisAffine<double>>("time", partition, 3, 2, 5, 1, AxisAffine<double>::Options{}));
}
AnyLayer mlp(const Partition& partition) {
  return any_layer(std::make_shared<ChannelMlp<double>>("one", "two", partition, 5, 7, 2, 1));
}
AnyLayer spectral_conv(const Partition& partition) {
  return any_layer(std::make_shared<SpectralConv<double>>("spectral", partition, SpectralGrid({6, 5}, {2, 3}), 3, 4, 1,
                                                          SpectralConv<double>::Options{}));
}
AnyLayer spectral_conv_3d(const Partition& partition) {
  return any_layer(std::make_shared<SpectralConv<double>>("spectral", partition, SpectralGrid({4, 5, 6}, {1, 2, 4}), 2,
                                                          2, 1, SpectralConv<double>::Options{}));
}
AnyLayer partial_sums(const Partition& partition) {
  return any_layer(
      std::make_shared<SpectralConv<double>>("spectral", partition, SpectralGrid({6, 5}, {2, 3}), 3, 4, 1,
                                             SpectralConv<double>::Options{.schedule = Schedule::partial_sums}));
}
AnyLayer block(const Partition& partition) {
  return any_layer(std::make_shared<FnoBlock<double>>("block", partition, SpectralGrid({6, 5}, {2, 3}), 3, 1,
                                                      Schedule::exchange, Initialisation::variance_preserving,
                                                      kGeluGain));
}

TEST(Gelu, IsThatOfOneRankAndPassesTaylor) {
  check_layer(gelu_layer, {3, 2, 5});
  check_taylor_on_each_axis(gelu_layer, {3, 2, 5});
}
TEST(ChannelAffine, IsThatOfOneRankAndPassesTaylor) {
  check_layer(channel_affine, {3, 5, 4, 3});
  check_layer(channel_affine_without_bias, {2, 5, 4, 3});
  check_taylor_on_each_axis(channel_affine, {3, 5, 4, 3});
}
TEST(AxisAffine, LiftsTimeOnEveryPartition) {
  check_layer(time_affine, {3, 4, 3, 2});
  check_taylor_on_each_axis(time_affine, {3, 4, 3, 2});
}
TEST(ChannelMlp, IsThatOfOneRankAndPassesTaylor) {
  check_layer(mlp, {3, 5, 4, 3});
  check_taylor_on_each_axis(mlp, {3, 5, 4, 3});
}
TEST(SpectralConv, IsThatOfOneRankAndPassesTaylor) {
  check_layer(spectral_conv, {3, 3, 6, 5});
  check_layer(spectral_conv_3d, {1, 2, 4, 5, 6});
  check_layer(partial_sums, {3, 3, 6, 5});
  check_taylor_on_each_axis(spectral_conv, {3, 3, 6, 5});
}
TEST(FnoBlock, IsThatOfOneRankAndPassesTaylor) {
  check_layer(block, {3, 3, 6, 5});
  check_taylor_on_each_axis(block, {3, 3, 6, 5});
}

TEST(Layers, WrongInputsAreRefusedAlikeOnAllRanks) {
  const Partition partition(world(), {1, 1, world()->size(), 1});
  const auto call = [&](const LayerFactory& make, const TensorSpace& space) {
    Tape tape;
    make(partition).call(tape.constant(random_tensor<double>(space, "x")));
  };
  EXPECT_THROW(call(channel_affine, {{3, 4, 4, 3}, partition}), ShapeError);
  if (world()->size() > 1) {
    EXPECT_THROW(call(channel_affine, {{3, 5, 4, 3}, Partition(world(), {world()->size(), 1, 1, 1})}), ShapeError);
  }
  EXPECT_THROW(call(mlp, {{3, 4, 4, 3}, partition}), ShapeError);
  EXPECT_THROW(call(spectral_conv, {{3, 3, 6, 6}, partition}), ShapeError);
}

TEST(SpectralConv, DfnoInitialisationIsUniformAndPositive) {
  const Partition partition(world(), {1, 1, world()->size(), 1});
  SpectralConv<double> layer("s", partition, SpectralGrid({8, 8}, {4, 5}), 4, 4, 3,
                             {.initialisation = Initialisation::dfno});
  ParameterList<double> list;
  layer.list_parameters(list);
  const auto& weight = *std::get<Parameter<std::complex<double>>*>(list.front());
  const auto values = weight.value.local().to(Device::cpu());
  for (const auto& w : values) {
    EXPECT_GE(w.real(), 0.0);
    EXPECT_LT(w.imag(), 1.0 / 16.0);
  }
}

TEST(SpectralConv, InitialWeightsHaveTheDocumentedVariance) {
  const Partition partition(world(), {1, 1, world()->size(), 1});
  SpectralConv<double> layer("s", partition, SpectralGrid({16, 16}, {8, 9}), 8, 8, 3, {.gain = 2.0});
  ParameterList<double> list;
  layer.list_parameters(list);
  const auto& weight = *std::get<Parameter<std::complex<double>>*>(list.front());
  const double mean_square =
      inner_product(weight.value, weight.value) / static_cast<double>(volume(weight.value.shape()));
  EXPECT_NEAR(mean_square, 4.0 / 8.0, 0.02);
}

}  // namespace
}  // namespace tessera
