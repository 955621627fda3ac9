#include "tessera/autograd/apply.hpp"

#include <gtest/gtest.h>

#include "support/gather.hpp"
#include "support/mpi_fixture.hpp"
#include "tessera/primitives/broadcast.hpp"
#include "tessera/testing/gradient_test.hpp"

namespace tessera {
namespace {

using testing_support::random_tensor;
using testing_support::world;

TensorSpace line_space(Index cells) { return {{cells}, Partition(world(), {world()->size()})}; }

/// y = sin(x), a user's non-linear operator.
class Sine final : public DifferentiableOperator<double> {
 public:
  explicit Sine(const TensorSpace& space) : DifferentiableOperator<double>("Sine", space, space) {}

 private:
  void do_forward(const DistTensor<double>& x, DistTensor<double>& y) const override {
    const HostInput<double> in(x.local());
    HostOutput<double> out(y.local());
    for (Index i = 0; i < in.size(); ++i) out.data()[i] = std::sin(in.data()[i]);
    out.store();
  }
  void do_backward(const DistTensor<double>& x, const DistTensor<double>& gy, DistTensor<double>& gx) const override {
    const HostInput<double> in(x.local()), gradient(gy.local());
    HostOutput<double> out(gx.local());
    for (Index i = 0; i < in.size(); ++i) out.data()[i] = std::cos(in.data()[i]) * gradient.data()[i];
    out.store();
  }
};

/// L = |sin(R x) + R x|^2 / 2 for a repartition R to the first rank, which leaves the others with empty tiles.
double loss_of(const std::shared_ptr<const Sine>& sine, const std::shared_ptr<const Repartition<double>>& move,
               const DistTensor<double>& x, DistTensor<double>* gradient) {
  Tape tape;
  const auto leaf = tape.leaf(x.clone());
  const auto moved = tessera::apply(move, leaf);
  const auto y = add(tessera::apply(sine, moved), moved);
  const double value = 0.5 * inner_product(y.value(), y.value());
  if (gradient != nullptr) {
    tape.backward(y, y.value().clone());
    *gradient = leaf.gradient().clone();
  }
  return value;
}

TEST(Apply, LinearAndNonLinearOperatorsPassTheTaylorTest) {
  const TensorSpace space = line_space(11);
  const auto move = std::make_shared<const Repartition<double>>(space.shape, space.partition, space.partition.root());
  const auto sine = std::make_shared<const Sine>(move->range());
  const auto x = random_tensor<double>(space, "x");
  const auto direction = random_tensor<double>(space, "v");
  DistTensor<double> gradient(space);
  loss_of(sine, move, x, &gradient);
  const auto report = gradient_test(
      [&](double step) {
        auto moved = x.clone();
        axpy(step, direction, moved);
        return loss_of(sine, move, moved, nullptr);
      },
      inner_product(gradient, direction));
  EXPECT_TRUE(report.passes()) << report.describe();
}

TEST(Apply, TaylorTestNoticesAWrongGradient) {
  const TensorSpace space = line_space(5);
  const auto x = random_tensor<double>(space, "x");
  const auto report = gradient_test(
      [&](double step) {
        auto moved = x.clone();
        axpy(step, x, moved);
        return 0.5 * inner_product(moved, moved);
      },
      1.01 * inner_product(x, x));
  EXPECT_FALSE(report.passes()) << report.describe();
}

TEST(Apply, GradientsOfAVariableUsedTwiceAdd) {
  const TensorSpace space = line_space(4);
  Tape tape;
  const auto x = tape.leaf(random_tensor<double>(space, "x"));
  const auto y = add(add(x, x), x);
  tape.backward(y, random_tensor<double>(space, "g"));
  auto expected = random_tensor<double>(space, "g");
  scale(3.0, expected);
  EXPECT_LT(testing_support::relative_difference(x.gradient(), expected), 1e-15);
}

TEST(Apply, ParametersGatherGradientsOverPasses) {
  Parameter<double> parameter("p", line_space(6));
  fill_normal(parameter.value, RandomStream(1, "p"));
  for (int pass = 0; pass < 2; ++pass) {
    Tape tape;
    const auto y = add(tape.parameter(parameter), tape.parameter(parameter));
    tape.backward(y, random_tensor<double>(line_space(6), "g"));
  }
  auto expected = random_tensor<double>(line_space(6), "g");
  scale(4.0, expected);
  EXPECT_LT(testing_support::relative_difference(parameter.gradient, expected), 1e-15);
  parameter.zero_gradient();
  EXPECT_EQ(norm(parameter.gradient), 0.0);
}

TEST(Apply, ConstantsAndInferenceRecordNothing) {
  const TensorSpace space = line_space(3);
  Tape tape;
  const auto x = tape.constant(random_tensor<double>(space, "x"));
  const auto y = add(x, x);
  EXPECT_FALSE(y.requires_gradient());
  EXPECT_THROW(tape.backward(y, random_tensor<double>(space, "g")), ArgumentError);
  Tape inference(false);
  EXPECT_FALSE(inference.leaf(random_tensor<double>(space, "x")).requires_gradient());
}

TEST(Apply, AGradientInAnotherSpaceIsRefused) {
  Tape tape;
  const auto x = tape.leaf(random_tensor<double>(line_space(3), "x"));
  EXPECT_THROW(tape.backward(add(x, x), random_tensor<double>(line_space(4), "g")), ShapeError);
  EXPECT_THROW(x.gradient(), ArgumentError);
}

}  // namespace
}  // namespace tessera
