#pragma once

/// \file
/// The configuration of a training run, shared by the commands that train a model or use one.

#include <cstdint>
#include <memory>
#include <string>

#include "settings.hpp"
#include "tessera/training/trainer.hpp"

namespace tessera::cli {

enum class Precision { float32, float64 };
enum class Optimiser { adam, adamw };
enum class Normalisation { standard, none };
enum class DeviceKind { cpu, cuda };

/// Every key of a run's TOML file: [run], [data], [model], [training]. Library structures hold what belongs to them;
/// what the data decides (the model's grid and channels) is filled in by model_for.
struct RunConfig {
  std::string output = "run";
  std::uint64_t seed = 1;
  Precision precision = Precision::float32;
  Shape partition;  ///< ranks per axis [batch, channel, grid...]; empty: chosen
  int threads = 0;  ///< of every rank; 0: chosen, see choose_threads
  DeviceKind device = DeviceKind::cpu;
  DeviceBackend backend = DeviceBackend::automatic;

  std::string train_file;
  std::string valid_file;
  std::string test_file;
  std::string cache;         ///< folder; empty: none
  double cache_limit = 0.0;  ///< GiB; 0: half of the free space

  FnoConfig model;

  TrainingConfig training;  ///< learning_rate.epochs is the length of the run
  Optimiser optimiser = Optimiser::adam;
  Normalisation normalise = Normalisation::standard;
  Index checkpoint_every = 10;

  RunConfig() { training.learning_rate.epochs = 100; }

  /// Call it when all keys are set: hands the seed to the training and checks what no key can check alone.
  /// Throws ConfigError.
  void complete();
};

/// Registers all keys of a run.
void add_run_settings(Settings& settings, RunConfig& config);

/// The model for samples of shape `input` [channel, space..., in_steps] and `output` [channel, space..., steps]: time
/// is lifted where their last axes differ; where no modes are given, a quarter of each axis is kept. Throws ShapeError
/// when the samples do not fit together, ConfigError or FftError when the model does not fit them.
FnoConfig model_for(const RunConfig& config, const Shape& input, const Shape& output);

/// The partition asked for, or a chosen one. Throws PartitionError unless it has one entry per axis and as many ranks
/// as the program.
Shape partition_for(const RunConfig& config, const FnoConfig& model, int ranks);

/// The program's ranks as the run computes on them: with the thread count of every rank set, of which the first rank of
/// a node says on standard error when they are too many for it, and with tensors on the device asked for, the ranks of
/// a node spread over its devices. Collective. Throws what Communicator::on throws.
std::shared_ptr<const Communicator> set_up_ranks(const RunConfig& config,
                                                 const std::shared_ptr<const Communicator>& world);

/// "cpu", or the CUDA device of rank 0 and how tensors travel. Local.
std::string describe_device(const Communicator& ranks);

/// A quarter of each axis's cells, at least 1: what is kept where no modes are given.
Shape default_modes(const Shape& grid);

}  // namespace tessera::cli
