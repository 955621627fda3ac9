/// \file
/// The passes over tiles against the same model composed of layers on the tape.

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <string>

#include "layers/layer_checks.hpp"
#include "tessera/core/device_memory_use.hpp"
#include "tessera/core/threads.hpp"
#include "tessera/models/cost.hpp"
#include "tessera/models/fno.hpp"
#include "tessera/training/adam.hpp"

namespace tessera {
namespace {

using namespace testing_support;

struct Case {
  std::string name;
  FnoConfig config;
  Index batch = 1;
};

FnoConfig config_of(Shape grid, Shape modes, Index in_steps, Index width = 3, Index blocks = 3) {
  FnoConfig config;
  config.in_channels = 2;
  config.out_channels = 2;
  config.grid = std::move(grid);
  config.modes = std::move(modes);
  config.in_steps = in_steps;
  config.width = width;
  config.hidden = 5;
  config.blocks = blocks;
  return config;
}

/// Small grids of every rank, odd lengths, one block, one block's worth of everything.
std::vector<Case> small_cases() {
  return {{"one axis", config_of({11}, {4}, 0), 2},
          {"one axis, lifted", config_of({10}, {6}, 3), 2},
          {"two axes", config_of({7, 6}, {3, 4}, 0), 1},
          {"two axes, lifted, one block", config_of({6, 5}, {2, 3}, 2, 3, 1), 3},
          {"three axes", config_of({5, 4, 7}, {2, 2, 3}, 1), 1},
          {"four axes", config_of({4, 3, 5, 6}, {2, 1, 2, 4}, 2, 4, 4), 2},
          {"four axes, not lifted", config_of({2, 5, 4, 3}, {1, 2, 1, 2}, 0, 2, 2), 1}};
}

/// Grids whose planes are cut into several tiles along Z, T or both.
std::vector<Case> tiled_cases() {
  return {{"long line", config_of({9001}, {5}, 0, 3, 2), 1},
          {"large plane", config_of({131, 67}, {3, 4}, 0, 2, 2), 1},
          {"large plane, lifted", config_of({70, 93}, {3, 4}, 2, 2, 2), 1},
          {"planes in a volume", config_of({3, 2, 67, 81}, {1, 1, 2, 3}, 2, 3, 2), 1}};
}

struct Result {
  double loss = 0.0;
  DistTensor<double> output;
  std::vector<DistTensor<double>> real_gradients;
  std::vector<DistTensor<std::complex<double>>> complex_gradients;
};

void collect_gradients(const ParameterList<double>& parameters, Result& result) {
  for (const auto& ref : parameters) {
    if (const auto* real = std::get_if<Parameter<double>*>(&ref)) {
      result.real_gradients.push_back((*real)->gradient.clone());
    } else {
      result.complex_gradients.push_back(std::get<1>(ref)->gradient.clone());
    }
  }
}

void zero(const ParameterList<double>& parameters) {
  for (const auto& ref : parameters) std::visit([](auto* p) { p->zero_gradient(); }, ref);
}

Result composed(Fno<double>& model, Loss loss, const DistTensor<double>& x, const DistTensor<double>& target) {
  zero(model.parameters());
  Tape tape;
  const auto y = model.compose(tape.constant(x.clone()));
  LossResult<double> value = evaluate_loss(loss, y.value(), target);
  Result result{value.value, y.value().clone(), {}, {}};
  tape.backward(y, std::move(value.gradient));
  collect_gradients(model.parameters(), result);
  return result;
}

void expect_equal(const Result& run, const Result& expected, const ParameterList<double>& parameters) {
  EXPECT_NEAR(run.loss, expected.loss, 1e-13 * std::abs(expected.loss));
  EXPECT_LT(relative_difference(run.output, expected.output), 1e-13);
  std::size_t real = 0, complex = 0;
  for (const auto& ref : parameters) {
    if (const auto* p = std::get_if<Parameter<double>*>(&ref)) {
      EXPECT_LT(relative_difference(run.real_gradients[real], expected.real_gradients[real]), 1e-12) << (*p)->name;
      ++real;
    } else {
      EXPECT_LT(relative_difference(run.complex_gradients[complex], expected.complex_gradients[complex]), 1e-12)
          << std::get<1>(ref)->name;
      ++complex;
    }
  }
}

void check(const Case& test, const Shape& extents, Loss loss) {
  SCOPED_TRACE(test.name + " on " + to_string(extents) + ", " + loss_name(loss));
  const Partition partition(world(), extents);
  Fno<double> model(test.config, partition, 5);
  const auto x = random_tensor<double>(model.input_space(test.batch), "x");
  const auto target = random_tensor<double>(model.output_space(test.batch), "target");
  const Result expected = composed(model, loss, x, target);
  for (const Activations activations : {Activations::all, Activations::one, Activations::none}) {
    SCOPED_TRACE(std::string("activations ") + activations_name(activations));
    model.set_activations(activations);
    zero(model.parameters());
    Result run{model.value_and_gradient(loss, x, target), model.forward(x), {}, {}};
    collect_gradients(model.parameters(), run);
    expect_equal(run, expected, model.parameters());
  }
}

Shape on_axis(std::size_t axes, std::size_t axis) {
  Shape extents(axes, 1);
  extents[axis] = world()->size();
  return extents;
}

/// Every partition of up to two grid axes; on more axes, each by itself and mixtures of two.
std::vector<Shape> partitions_of(std::size_t axes) {
  const Index ranks = world()->size();
  if (axes <= 4) return all_partitions(ranks, axes);
  std::vector<Shape> list;
  for (std::size_t axis = 0; axis < axes && ranks > 1; ++axis) {
    list.push_back(on_axis(axes, axis));
    if (ranks % 2 != 0 || ranks == 2) continue;
    Shape mixed(axes, 1);
    mixed[axis] = 2;
    mixed[(axis + 2) % axes] = ranks / 2;
    list.push_back(mixed);
  }
  return ranks > 1 ? list : std::vector<Shape>{Shape(axes, 1)};
}

TEST(FnoEngine, AgreesWithTheComposedLayersOnEveryPartition) {
  for (const Case& test : small_cases()) {
    for (const Shape& extents : partitions_of(test.config.grid.size() + 2)) check(test, extents, Loss::relative_l2);
  }
}

TEST(FnoEngine, AgreesWhereAPlaneIsManyTiles) {
  for (const Case& test : tiled_cases()) {
    for (std::size_t axis = 2; axis < test.config.grid.size() + 2; ++axis) {
      check(test, on_axis(test.config.grid.size() + 2, axis), Loss::mse);
    }
  }
}

/// Sets a variable of the environment for as long as it lives.
class EnvironmentVariable {
 public:
  EnvironmentVariable(const char* name, const std::string& value) : name_(name) { setenv(name, value.c_str(), 1); }
  EnvironmentVariable(const EnvironmentVariable&) = delete;
  EnvironmentVariable& operator=(const EnvironmentVariable&) = delete;
  ~EnvironmentVariable() { unsetenv(name_); }

 private:
  const char* name_;
};

/// A field whose values are read from, or written to, the host's memory box by box.
class HostField final : public FieldReader<double>, public FieldWriter<double> {
 public:
  explicit HostField(const DistTensor<double>& tensor)
      : shape_(tensor.shape()), box_(tensor.box()), values_(tensor.local().to(Device::cpu())) {}

  const Shape& shape() const override { return shape_; }
  void read(const Box& box, double* values) const override {
    copy<double>(values_.view().subview(within(box)), {values, box.extent, row_major_strides(box.extent)});
  }
  void write(const Box& box, const double* values) override {
    copy<double>({values, box.extent, row_major_strides(box.extent)}, values_.view().subview(within(box)));
  }
  const Tensor<double>& values() const { return values_; }

 private:
  Box within(const Box& box) const {
    Box local = box;
    for (std::size_t axis = 0; axis < box.start.size(); ++axis) local.start[axis] -= box_.start[axis];
    return local;
  }

  Shape shape_;
  Box box_;
  Tensor<double> values_;
};

TEST(FnoEngine, AgreesWhereADeviceWorksInSlabs) {
  if (!world()->device().is_cuda()) GTEST_SKIP() << "skipped: no device";
  for (const Case& test : small_cases()) {
    const std::size_t axes = test.config.grid.size() + 2;
    {
      SCOPED_TRACE("slabs of one plane");
      const EnvironmentVariable slab_bytes("TESSERA_SLAB_BYTES", "1");
      check(test, on_axis(axes, 2), Loss::relative_l2);
    }
    SCOPED_TRACE("slabs of some planes");
    const EnvironmentVariable slab_bytes("TESSERA_SLAB_BYTES", "2000");
    check(test, on_axis(axes, axes - 1), Loss::relative_l2);
  }
}

TEST(FnoEngine, ReadsAndWritesFieldsOfTheHost) {
  for (const char* bytes : {"1", "100000000"}) {
    const EnvironmentVariable slab_bytes("TESSERA_SLAB_BYTES", bytes);
    const Case test{"host fields", config_of({5, 4, 7}, {2, 2, 3}, 0), 2};
    const Partition partition(world(), on_axis(5, 2));
    Fno<double> model(test.config, partition, 5);
    const auto x = random_tensor<double>(model.input_space(test.batch), "x");
    const auto target = random_tensor<double>(model.output_space(test.batch), "target");
    const Result expected = composed(model, Loss::relative_l2, x, target);
    for (const Activations activations : {Activations::all, Activations::none}) {
      model.set_activations(activations);
      zero(model.parameters());
      const HostField input(x), host_target(target);
      HostField output(target);
      Result run{model.value_and_gradient(Loss::relative_l2, test.batch, input, host_target), target.clone(), {}, {}};
      model.forward(test.batch, input, output);
      run.output.local() = output.values().to(run.output.device());
      collect_gradients(model.parameters(), run);
      expect_equal(run, expected, model.parameters());
    }
  }
}

TEST(FnoEngine, ServesAnyWidth) {
  // More than the kernels of a device project, or overwrite.
  check({"wide", config_of({5, 6}, {2, 3}, 0, 70, 2), 1}, on_axis(4, 2), Loss::mse);
}

TEST(FnoEngine, ServesEverySchedule) {
  const Case test{"schedules", config_of({6, 5, 4, 6}, {2, 2, 1, 3}, 2, 3, 2), 1};
  for (const Schedule schedule : {Schedule::partial_sums, Schedule::grady, Schedule::witte}) {
    for (const std::size_t axis : {std::size_t{2}, std::size_t{4}}) {
      SCOPED_TRACE(schedule_name(schedule));
      Case named = test;
      named.config.schedule = schedule;
      check(named, on_axis(6, axis), Loss::relative_l2);
    }
  }
}

TEST(FnoEngine, GivesTheSameOnTheTapeInEveryMode) {
  for (const Activations activations : {Activations::one, Activations::none}) {
    FnoConfig config = config_of({4, 3, 5, 6}, {2, 1, 2, 4}, 2, 4, 3);
    config.activations = activations;
    SCOPED_TRACE(activations_name(activations));
    check_layer(
        [config](const Partition& partition) {
          const auto model = std::make_shared<Fno<double>>(config, partition, 5);
          return AnyLayer{model, [model](const Variable<double>& x) { return (*model)(x); }, model->parameters()};
        },
        config.input_shape(2));
  }
}

TEST(FnoEngine, PassesTheTaylorTestWithFusedLoss) {
  const FnoConfig config = config_of({5, 4, 6}, {2, 1, 3}, 2);
  for (const Loss loss : {Loss::relative_l2, Loss::mse}) {
    Fno<double> model(config, Partition(world(), on_axis(5, 2)), 5);
    const auto x = random_tensor<double>(model.input_space(2), "x");
    const auto target = random_tensor<double>(model.output_space(2), "target");
    zero(model.parameters());
    model.value_and_gradient(loss, x, target);
    const Direction<double> direction(model.parameters());
    const double slope = direction.slope();
    const auto test = gradient_test(
        [&](double step) {
          direction.move(step);
          const double value = evaluate_loss(loss, model.forward(x), target).value;
          direction.move(-step);
          return value;
        },
        slope, 0.01);
    EXPECT_TRUE(test.passes()) << test.describe();
  }
}

TEST(FnoEngine, GradientsAddUp) {
  Fno<double> model(config_of({6, 5}, {2, 3}, 2), Partition(world(), on_axis(4, 2)), 5);
  const auto x = random_tensor<double>(model.input_space(1), "x");
  const auto target = random_tensor<double>(model.output_space(1), "target");
  zero(model.parameters());
  Result once{model.value_and_gradient(Loss::mse, x, target), model.forward(x), {}, {}};
  collect_gradients(model.parameters(), once);
  Result twice{model.value_and_gradient(Loss::mse, x, target), model.forward(x), {}, {}};
  collect_gradients(model.parameters(), twice);
  for (auto& gradient : twice.real_gradients) scale(0.5, gradient);
  for (auto& gradient : twice.complex_gradients) scale(0.5, gradient);
  expect_equal(twice, once, model.parameters());
}

TEST(FnoEngine, ThreadsChangeNothingButRounding) {
  for (const Case& test : {small_cases()[5], tiled_cases()[0], tiled_cases()[1], tiled_cases()[3]}) {
    SCOPED_TRACE(test.name);
    const Partition partition(world(), on_axis(test.config.grid.size() + 2, 2));
    Fno<double> model(test.config, partition, 5);
    const auto x = random_tensor<double>(model.input_space(test.batch), "x");
    const auto target = random_tensor<double>(model.output_space(test.batch), "target");
    const int threads_before = thread_count();
    for (const Activations activations : {Activations::all, Activations::one, Activations::none}) {
      model.set_activations(activations);
      std::map<int, Result> results;
      for (const int threads : {1, 3}) {
        set_thread_count(threads);
        zero(model.parameters());
        Result run{model.value_and_gradient(Loss::relative_l2, x, target), model.forward(x), {}, {}};
        collect_gradients(model.parameters(), run);
        results.emplace(threads, std::move(run));
      }
      expect_equal(results.at(3), results.at(1), model.parameters());
    }
    set_thread_count(threads_before);
  }
}

TEST(FnoEngine, ComputationsInTheSameMemoryUseTheWeightsAndSamplesOfTheirTime) {
  constexpr Index kBatch = 2;
  const Partition partition(world(), on_axis(4, 2));
  for (const Activations activations : {Activations::all, Activations::one, Activations::none}) {
    SCOPED_TRACE(activations_name(activations));
    FnoConfig config = config_of({6, 5}, {2, 3}, 2);
    config.activations = activations;
    Fno<double> model(config, partition, 5);
    const ParameterList<double> parameters = model.parameters();
    auto x = random_tensor<double>(model.input_space(kBatch), "x");
    const auto target = random_tensor<double>(model.output_space(kBatch), "target");
    for (int step = 0; step < 5; ++step) {
      const Result expected = composed(model, Loss::relative_l2, x, target);
      zero(parameters);
      Result found{model.value_and_gradient(Loss::relative_l2, x, target), model.forward(x), {}, {}};
      collect_gradients(parameters, found);
      expect_equal(found, expected, parameters);
      for (const auto& ref : parameters) std::visit([](auto* p) { axpy(-0.1, p->gradient, p->value); }, ref);
      scale(0.9, x);
    }
  }
}

TEST(FnoEngine, ADeviceReplaysEveryPassOfAStepWithTheFactorsOfTheTime) {
  if (!world()->device().is_cuda()) GTEST_SKIP() << "skipped: no device";
  constexpr Index kBatch = 2;
  // Slabs of one plane report one by one, a replayed pass all at once.
  const EnvironmentVariable slab_bytes("TESSERA_SLAB_BYTES", "1");
  const Partition partition(world(), on_axis(4, 2));
  for (const Activations activations : {Activations::all, Activations::one, Activations::none}) {
    SCOPED_TRACE(activations_name(activations));
    FnoConfig config = config_of({6, 5}, {2, 3}, 2);
    config.activations = activations;
    Fno<double> model(config, partition, 5);
    const ParameterList<double> parameters = model.parameters();
    auto x = random_tensor<double>(model.input_space(kBatch), "x");
    auto target = random_tensor<double>(model.output_space(kBatch), "target");
    const Index passes = 2 * config.blocks + 1;
    Index reports = 0;
    model.set_progress([&](double) { ++reports; });
    // Memory has its size after the first step; the second one meets it, the third one records.
    for (int step = 0; step < 5; ++step) {
      SCOPED_TRACE(step);
      zero(parameters);
      reports = 0;
      const double loss = model.value_and_gradient(Loss::relative_l2, x, target);
      if (step < 3) {
        EXPECT_GT(reports, passes);
      } else {
        EXPECT_EQ(reports, passes);
        Result found{loss, target.clone(), {}, {}};
        collect_gradients(parameters, found);
        const Result expected = composed(model, Loss::relative_l2, x, target);
        found.output = expected.output.clone();
        expect_equal(found, expected, parameters);
      }
      scale(0.9, x);
      scale(1.3, target);
    }
  }
}

TEST(FnoEngine, HoldsOnADeviceWhatItsPlanCounts) {
  if (!world()->device().is_cuda()) GTEST_SKIP() << "the passes of the CPU are not counted";
  constexpr Index kBatch = 2;
  FnoConfig config = config_of({24, 10, 9, 16}, {3, 2, 2, 3}, 1, 6);
  ASSERT_EQ(setenv("TESSERA_SLAB_BYTES", "200000", 1), 0);
  for (const Activations activations : {Activations::all, Activations::one, Activations::none}) {
    config.activations = activations;
    const Partition partition(world(), {1, 1, world()->size(), 1, 1, 1});
    reset_device_memory_peak();
    const Index before = device_memory_use().bytes;
    Fno<float> model(config, partition, 5);
    Adam<float> adam(model.parameters(), {});
    const auto x = random_tensor<float>(model.input_space(kBatch), "x");
    const auto target = random_tensor<float>(model.output_space(kBatch), "target");
    model.value_and_gradient(Loss::relative_l2, x, target);
    adam.step(0.1);
    const auto held = static_cast<double>(device_memory_use().peak - before);
    const RankMemory planned =
        FnoCost(config, kBatch, partition.grid(), sizeof(float), true).memory(partition.position());
    // With none, input and target are not thought to be held; here they are.
    const Index fields = activations == Activations::none ? x.local_size() + target.local_size() : 0;
    const auto counted = static_cast<double>(planned.total() + fields * static_cast<Index>(sizeof(float)));
    EXPECT_NEAR(counted / held, 1.0, 0.1) << activations_name(activations);
  }
  unsetenv("TESSERA_SLAB_BYTES");
}

TEST(FnoEngine, ASampleWithoutTargetOrErrorIsNoDivisionByZero) {
  Fno<double> model(config_of({6, 5}, {2, 3}, 0), Partition(world(), on_axis(4, 2)), 5);
  const auto x = random_tensor<double>(model.input_space(2), "x");
  EXPECT_NEAR(model.value_and_gradient(Loss::relative_l2, x, model.forward(x)), 0.0, 1e-13);
  EXPECT_GT(model.value_and_gradient(Loss::relative_l2, x, DistTensor<double>::zeros(model.output_space(2))), 0.0);
  for (const auto& ref : model.parameters()) {
    std::visit([](auto* p) { EXPECT_TRUE(std::isfinite(norm(p->gradient))) << p->name; }, ref);
  }
}

/// A field of which one rank's reading fails.
class BrokenReader final : public FieldReader<double> {
 public:
  explicit BrokenReader(const DistTensor<double>& tensor) : whole_(tensor) {}
  const Shape& shape() const override { return whole_.shape(); }
  void read(const Box& box, double* values) const override {
    if (world()->rank() == world()->size() - 1) throw IoError("BrokenReader: a bad sector");
    whole_.read(box, values);
  }

 private:
  TensorReader<double> whole_;
};

TEST(FnoEngine, AFieldThatFailsOnOneRankFailsOnAll) {
  Fno<double> model(config_of({12, 5}, {2, 3}, 0), Partition(world(), on_axis(4, 2)), 5);
  const auto x = random_tensor<double>(model.input_space(1), "x");
  const auto target = random_tensor<double>(model.output_space(1), "target");
  EXPECT_THROW(model.value_and_gradient(Loss::mse, 1, BrokenReader(x), TensorReader<double>(target)), IoError);
  EXPECT_THROW(model.value_and_gradient(Loss::mse, 2, TensorReader<double>(x), TensorReader<double>(target)),
               ShapeError);
}

}  // namespace
}  // namespace tessera
