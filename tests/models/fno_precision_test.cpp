/// \file
/// What it costs to store activations or to multiply in less than float32.

#include <gtest/gtest.h>

#include <cstdio>

#include "support/gather.hpp"
#include "support/mpi_fixture.hpp"
#include "tessera/core/error.hpp"
#include "tessera/models/fno.hpp"
#include "tessera/tensor/host_values.hpp"

namespace tessera {
namespace {

using namespace testing_support;

/// The gradients of all real parameters of a model computed in T.
template <class T>
std::vector<DistTensor<double>> gradients_in(const FnoConfig& config, const Partition& partition) {
  Fno<T> model(config, partition, 5);
  const auto x = random_tensor<T>(model.input_space(1), "x");
  const auto target = random_tensor<T>(model.output_space(1), "target");
  for (const auto& ref : model.parameters()) std::visit([](auto* p) { p->zero_gradient(); }, ref);
  model.value_and_gradient(Loss::relative_l2, x, target);
  std::vector<DistTensor<double>> gradients;
  for (const auto& ref : model.parameters()) {
    const auto* real = std::get_if<Parameter<T>*>(&ref);
    if (real == nullptr) continue;
    const DistTensor<T>& gradient = (*real)->gradient;
    auto& exact = gradients.emplace_back(gradient.space());
    const HostInput<T> from(gradient.local());
    HostOutput<double> to(exact.local());
    std::copy_n(from.data(), from.size(), to.data());
    to.store();
  }
  return gradients;
}

/// Of docs/performance.md: 2-norms of errors against float64, the largest over all real parameters.
TEST(FnoPrecision, ReducedPrecisionCostsWhatIsStated) {
  const FnoConfig config{.grid = {6, 5, 8, 10}, .in_steps = 1, .modes = {2, 2, 2, 4}};
  const Partition partition(world(), {1, 1, world()->size(), 1, 1, 1});
  FnoConfig rounded = config, tensor_cores = config;
  rounded.activation_type = ActivationType::bfloat16;
  tensor_cores.products = ProductPrecision::tensor_float32;
  if (!world()->device().is_cuda()) {
    EXPECT_THROW(Fno<float>(rounded, partition, 5), ConfigError);
    EXPECT_THROW(Fno<float>(tensor_cores, partition, 5), ConfigError);
    return;
  }
  EXPECT_THROW(Fno<double>(rounded, partition, 5), ConfigError);
  const auto exact = gradients_in<double>(config, partition);
  const auto check_error = [&](const char* name, const FnoConfig& reduced, double least, double most) {
    const auto found = gradients_in<float>(reduced, partition);
    double largest = 0.0;
    for (std::size_t i = 0; i < exact.size(); ++i) {
      largest = std::max(largest, relative_difference(found[i], exact[i]));
    }
    EXPECT_TRUE(least < largest && largest < most) << name << ": " << largest;
    if (world()->rank() == 0) std::printf("%s: %.1e\n", name, largest);
  };
  check_error("float32", config, 0.0, 2e-6);
  check_error("bfloat16, all", rounded, 1e-4, 2e-2);
  check_error("tensor_float32", tensor_cores, 1e-5, 2e-3);
  rounded.activations = Activations::one;
  check_error("bfloat16, one", rounded, 1e-4, 2e-2);
  // What is not stored is not rounded either.
  rounded.activations = Activations::none;
  check_error("bfloat16, none", rounded, 0.0, 2e-6);
}

}  // namespace
}  // namespace tessera
