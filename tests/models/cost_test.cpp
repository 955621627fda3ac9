#include "tessera/models/cost.hpp"

#include <gtest/gtest.h>

#include "support/mpi_fixture.hpp"
#include "tessera/core/error.hpp"
#include "tessera/training/adam.hpp"

namespace tessera {
namespace {

using testing_support::world;

struct Case {
  Shape grid, modes;
  Index in_steps;
};

const std::vector<Case> kCases = {
    {{9}, {3}, 0}, {{6, 9}, {2, 4}, 1}, {{7, 6, 5}, {2, 3, 2}, 0}, {{6, 5, 4, 7}, {2, 1, 2, 3}, 2}};

FnoConfig config_of(const Case& test, Schedule schedule = Schedule::exchange) {
  FnoConfig config;
  config.in_channels = 2;
  config.out_channels = 3;
  config.grid = test.grid;
  config.in_steps = test.in_steps;
  config.modes = test.modes;
  config.width = 5;
  config.hidden = 7;
  config.blocks = 2;
  config.schedule = schedule;
  return config;
}

/// All ranks on one axis for every axis, and mixtures where the rank count allows.
std::vector<Shape> partitions_of(const Shape& grid, Index ranks) {
  const std::size_t axes = grid.size() + 2;
  std::vector<Shape> partitions;
  for (std::size_t axis = 0; axis < axes; ++axis) {
    Shape extents(axes, 1);
    extents[axis] = ranks;
    partitions.push_back(extents);
    for (Index factor = 2; factor < ranks; ++factor) {
      if (ranks % factor != 0) continue;
      extents[axis] = factor;
      extents[(axis + 1) % axes] = ranks / factor;
      partitions.push_back(extents);
    }
  }
  return partitions;
}

std::string describe(const FnoConfig& config, const Shape& extents) {
  return std::string(schedule_name(config.schedule)) + ", grid " + to_string(config.grid) + " on " + to_string(extents);
}

Traffic spectral_traffic() {
  const Traffic forward = world()->ledger().of("TruncatedFft");
  const Traffic inverse = world()->ledger().of("TruncatedInverseFft");
  return {forward.bytes + inverse.bytes, forward.messages + inverse.messages};
}

template <RealScalar T>
void expect_predicted_traffic(const FnoConfig& config, const Shape& extents, Index batch) {
  SCOPED_TRACE(describe(config, extents));
  const Partition partition(world(), extents);
  const FnoCost cost(config, batch, partition.grid(), sizeof(T));
  const SpectralGrid spectral(config.grid, config.modes);
  FnoBlock<T> block("block", partition, spectral, config.width, 1, config.schedule, config.initialisation, 1.0);
  Shape shape{batch, config.width};
  shape.insert(shape.end(), config.grid.begin(), config.grid.end());

  Tape tape;
  const Variable<T> x = tape.leaf(DistTensor<T>::zeros({shape, partition}));
  world()->ledger().clear();
  const Variable<T> y = block(x);
  const Traffic forward = spectral_traffic();
  tape.backward(y, DistTensor<T>::zeros(y.space()));
  const Traffic step = spectral_traffic();

  const Traffic predicted_forward = cost.forward_traffic(world()->rank());
  const Traffic predicted_step = cost.training_traffic(world()->rank());
  EXPECT_EQ(predicted_forward.bytes, config.blocks * forward.bytes);
  EXPECT_EQ(predicted_forward.messages, config.blocks * forward.messages);
  EXPECT_EQ(predicted_step.bytes, config.blocks * step.bytes);
  EXPECT_EQ(predicted_step.messages, config.blocks * step.messages);
}

TEST(FnoCost, PredictsWhatTheLedgerCounts) {
  for (const Case& test : kCases) {
    for (const Schedule schedule : {Schedule::exchange, Schedule::partial_sums, Schedule::grady, Schedule::witte}) {
      const FnoConfig config = config_of(test, schedule);
      for (const Shape& extents : partitions_of(test.grid, world()->size())) {
        try {
          plan_transform(3, config.width, SpectralGrid(config.grid, config.modes), RankGrid(extents), schedule);
        } catch (const PartitionError&) {
          continue;
        }
        expect_predicted_traffic<float>(config, extents, 3);
      }
    }
  }
  expect_predicted_traffic<double>(config_of(kCases[2]), {1, 1, world()->size(), 1, 1}, 2);
}

template <RealScalar T>
void expect_stored_parameters(const FnoConfig& config, const Shape& extents) {
  SCOPED_TRACE(describe(config, extents));
  const Partition partition(world(), extents);
  Fno<T> model(config, partition, 1);
  Index values = 0, gradients = 0, moments = 0;
  for (const auto& parameter : model.parameters()) {
    std::visit(
        [&](const auto* p) {
          const auto bytes = static_cast<Index>(sizeof(*p->value.data()));
          values += p->value.local_size() * bytes;
          gradients += p->gradient.local_size() * bytes;
        },
        parameter);
  }
  Adam<T> adam(model.parameters(), {});
  for (const auto& entry : adam.moments()) {
    std::visit(
        [&](const auto& m) {
          moments += m.first.local_size() * static_cast<Index>(sizeof(*m.first.data())) +
                     m.second.local_size() * static_cast<Index>(sizeof(*m.second.data()));
        },
        entry);
  }
  const RankMemory memory = FnoCost(config, 2, partition.grid(), sizeof(T)).memory(world()->rank());
  EXPECT_EQ(memory.parameters, values);
  EXPECT_EQ(memory.gradients, gradients);
  EXPECT_EQ(memory.moments, moments);
}

TEST(FnoCost, KnowsWhatEveryRankStores) {
  for (const Case& test : kCases) {
    const FnoConfig config = config_of(test);
    for (const Shape& extents : partitions_of(test.grid, world()->size()))
      expect_stored_parameters<float>(config, extents);
  }
  expect_stored_parameters<double>(config_of(kCases[1], Schedule::partial_sums), {1, 1, 1, world()->size()});
}

RankMemory memory_of(FnoConfig config, Activations activations, Index batch, const Shape& extents, Index position,
                     Index real_bytes = 4) {
  config.activations = activations;
  return FnoCost(config, batch, RankGrid(extents), real_bytes).memory(position);
}

TEST(FnoCost, CountsTheActivationsOfOneRank) {
  // [2, 2, 6, 1] -> [2, 3, 6, 9], 5 channels, 2 blocks: input and target; pre-activations; modes of every block's
  // output and gradient, those being gathered, and spectra.
  const FnoConfig config = config_of(kCases[1]);
  const Index cells = 2 * 6 * 9;
  const Index fields = 2 * 2 * 6 + 3 * cells;
  const Index modes = 2 * (2 * 5 * 4 * 4);
  const Index kept_modes = (2 * 2 + 1) * modes + 2 * modes;
  const auto bytes = [&](Activations activations) {
    return memory_of(config, activations, 2, {1, 1, 1, 1}, 0, 8).activations;
  };
  EXPECT_EQ(bytes(Activations::all), 8 * (fields + 2 * 5 * cells + kept_modes));
  EXPECT_EQ(bytes(Activations::one), 8 * (fields + 5 * cells + kept_modes));
  EXPECT_EQ(bytes(Activations::none), 8 * kept_modes);
  FnoConfig rounded = config;
  rounded.activation_type = ActivationType::bfloat16;
  EXPECT_EQ(memory_of(rounded, Activations::all, 2, {1, 1, 1, 1}, 0, 4).activations,
            4 * (fields + kept_modes) + 2 * (2 * 5 * cells));
  const RankMemory memory = memory_of(config, Activations::all, 2, {1, 1, 1, 1}, 0, 8);
  EXPECT_EQ(memory.weight_copies, 0);
  EXPECT_EQ(memory.parameters, 8 * parameter_count(config));
  EXPECT_EQ(memory.total(), memory.parameters + memory.gradients + memory.moments + memory.activations);
}

TEST(FnoCost, DividesWhatIsOfGridSizeOverTheRanks) {
  const FnoConfig config = config_of(kCases[3]);
  const Index batch = 3, cells = batch * volume(config.grid);
  const Index fields = volume(config.input_shape(batch)) + volume(config.output_shape(batch));
  for (const Shape& extents : std::vector<Shape>{{1, 1, 4, 1, 1, 1}, {3, 1, 1, 2, 1, 1}, {2, 1, 2, 1, 1, 1}}) {
    Index all = 0, one = 0, none = 0;
    for (Index position = 0; position < volume(extents); ++position) {
      all += memory_of(config, Activations::all, batch, extents, position).activations;
      one += memory_of(config, Activations::one, batch, extents, position).activations;
      none += memory_of(config, Activations::none, batch, extents, position).activations;
    }
    EXPECT_EQ(all - one, 4 * (config.blocks - 1) * config.width * cells) << to_string(extents);
    EXPECT_EQ(one - none, 4 * (config.width * cells + fields)) << to_string(extents);
  }
}

TEST(FnoCost, CountsWhatIsMovedForThePasses) {
  // Channel ranks are laid on the grid axis: the other half of the input and of the target comes and goes.
  const FnoConfig config = config_of(kCases[0]);
  const auto grid_sized = [&](const Shape& extents) {
    return memory_of(config, Activations::one, 1, extents, 0).activations -
           memory_of(config, Activations::none, 1, extents, 0).activations;
  };
  const Index on_five_cells = 5 * 5, moved = 2 * 5 + 3 * 5;
  EXPECT_EQ(grid_sized({1, 2, 1}), 4 * (1 * 9 + 2 * 9 + on_five_cells + moved));
  EXPECT_EQ(grid_sized({1, 1, 2}), 4 * (2 * 5 + 3 * 5 + on_five_cells));
  // Where a lifted time is divided, every rank has all steps of the input.
  const FnoConfig lifted = config_of(kCases[1]);
  const Index gathered = 2 * 6;
  EXPECT_EQ(memory_of(lifted, Activations::one, 1, {1, 1, 1, 2}, 0).activations -
                memory_of(lifted, Activations::none, 1, {1, 1, 1, 2}, 0).activations,
            4 * (2 * 6 + 3 * 6 * 5 + 5 * 6 * 5 + gathered));
}

TEST(FnoCost, CountsSmallWeightsOnEveryRank) {
  const FnoConfig config = config_of(kCases[0]);
  const Index spectral = 2 * 5 * 5 * 3 * config.blocks;
  EXPECT_EQ(memory_of(config, Activations::all, 1, {1, 1, 2}, 1).weight_copies,
            4 * (parameter_count(config) - spectral));
}

TEST(FnoCost, RefusesWhatCannotBePlanned) {
  const FnoConfig config = config_of(kCases[1]);
  EXPECT_THROW(FnoCost(config, 1, RankGrid({1, 1, 2}), 4), PartitionError);
  FnoConfig wrong = config;
  wrong.modes = {4, 4};
  EXPECT_THROW(FnoCost(wrong, 1, RankGrid({1, 1, 1, 1}), 4), FftError);
  wrong = config;
  wrong.width = 0;
  EXPECT_THROW(FnoCost(wrong, 1, RankGrid({1, 1, 1, 1}), 4), ConfigError);
}

}  // namespace
}  // namespace tessera
