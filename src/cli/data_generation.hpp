#pragma once

/// \file
/// What the `tessera generate` commands share: data sets whose samples are the tasks of a batch.

#include <string>

#include "commands.hpp"
#include "settings.hpp"
#include "tessera/batch/batch.hpp"
#include "tessera/io/dataset_layout.hpp"
#include "tessera/io/sample_writer.hpp"

namespace tessera::cli {

enum class EngineChoice { automatic, local, mpi, slurm };

/// Sections [generate] and [slurm].
struct GenerationSettings {
  std::string output = "data";
  DatasetFormat format = DatasetFormat::hdf5;
  Index train_samples = 48, valid_samples = 8, test_samples = 8;
  EngineChoice engine = EngineChoice::automatic;
  int slots = 0;
  int threads_per_sample = 1;
  double time_limit = 0.0;
  int retries = 2;
  batch::SlurmSettings slurm;
  std::string sbatch_options;  ///< words between spaces

  Index samples() const { return train_samples + valid_samples + test_samples; }
  /// The engine that `engine` means in a program of so many ranks.
  EngineChoice engine_for(const World& world) const;
};

void add_generation_settings(Settings& settings, GenerationSettings& generation);

/// How the samples of a generator come about.
struct SampleGenerator {
  std::string task;      ///< the registered function that makes one
  DatasetLayout layout;  ///< of a set; the number of samples is filled in
  std::string settings;  ///< TOML, handed to the tasks
  int ranks = 1;         ///< of a sample
};

/// Fills the data sets train, valid and test, of samples 0, 1, ... in this order: those that are missing, so that what
/// was interrupted goes on. The batch stays in <output>/batch, for its logs and its report. Collective; returns the
/// exit code. ArgumentError when the folder holds a batch of other settings.
int generate_data_sets(const GenerationSettings& generation, const SampleGenerator& generator, const World& world);

/// What a task of such a batch works on.
class SampleTask {
 public:
  explicit SampleTask(const batch::TaskContext& task);

  /// On which alone the sample's content depends, besides the settings.
  Index sample() const noexcept { return sample_; }
  std::string settings() const;
  SampleWriter& set() noexcept { return set_; }
  /// The sample's place in its set.
  Index place() const noexcept { return place_; }

 private:
  const batch::TaskContext& task_;
  Index sample_, place_;
  SampleWriter set_;
};

/// Makes the generators' tasks known; see generate_*.cpp.
void register_navier_stokes_task();
void register_co2_flow_task();

}  // namespace tessera::cli
