#include "data_generation.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <functional>
#include <sstream>

#include "command_line.hpp"
#include "tessera/core/error.hpp"
#include "tessera/core/progress.hpp"
#include "tessera/io/dataset.hpp"
#include "tessera/io/dataset_conversion.hpp"

namespace tessera::cli {

namespace {

/// One of train, valid and test.
struct Split {
  std::string name;
  Index first;  ///< sample of its place 0
  Index count;
  std::string set;    ///< Zarr, filled by the tasks
  std::string final;  ///< what the user asked for; the same where that is Zarr
};

std::vector<Split> splits_of(const GenerationSettings& generation) {
  const std::filesystem::path folder = std::filesystem::absolute(generation.output).lexically_normal();
  const bool zarr = generation.format == DatasetFormat::zarr;
  std::vector<Split> splits;
  Index first = 0;
  for (const auto& [name, count] : {std::pair<std::string, Index>("train", generation.train_samples),
                                    {"valid", generation.valid_samples},
                                    {"test", generation.test_samples}}) {
    const std::string final = folder / (name + (zarr ? ".zarr" : ".h5"));
    const std::string set = zarr ? final : std::string(folder / "batch" / "sets" / (name + ".zarr"));
    if (count > 0) splits.push_back({name, first, count, set, final});
    first += count;
  }
  return splits;
}

using Together = std::function<void(const std::function<void()>&)>;

std::unique_ptr<batch::Engine> make_engine(const GenerationSettings& generation, const World& world) {
  switch (generation.engine_for(world)) {
    case EngineChoice::mpi: return batch::mpi_engine(world);
    case EngineChoice::slurm: break;
    default: return batch::local_engine({generation.slots});
  }
  batch::SlurmSettings slurm = generation.slurm;
  slurm.slots = generation.slots;
  std::istringstream words(generation.sbatch_options);
  for (std::string word; words >> word;) slurm.options.push_back(word);
  return batch::slurm_engine(slurm);
}

/// Opens or makes the sets, and has those samples made again that the batch has made for sets that are gone.
void prepare(const std::vector<Split>& splits, const SampleGenerator& generator, batch::Batch& run) {
  for (const Split& split : splits) {
    if (split.set != split.final && std::filesystem::exists(split.final)) continue;
    std::filesystem::create_directories(std::filesystem::path(split.set).parent_path());
    DatasetLayout layout = generator.layout;
    layout.sample_count = split.count;
    const SampleWriter set =
        std::filesystem::exists(split.set) ? SampleWriter::open(split.set) : SampleWriter::create(split.set, layout);
    for (const Index place : set.missing_samples()) run.forget(split.first + place);
  }
}

std::vector<batch::Record> parameters_of(const std::vector<Split>& splits, const batch::Reference& settings) {
  std::vector<batch::Record> parameters;
  for (const Split& split : splits) {
    for (Index place = 0; place < split.count; ++place) {
      parameters.push_back(
          {{"sample", split.first + place}, {"set", split.set}, {"place", place}, {"settings", settings}});
    }
  }
  return parameters;
}

/// Runs the missing tasks; returns how many failed. By the callers of the engine, of which one `speaks`; `together`
/// runs what that one is to do and makes its failure everybody's.
Index run_tasks(const GenerationSettings& generation, const SampleGenerator& generator,
                const std::vector<Split>& splits, const World& world, bool speaks, const Together& together) {
  const std::string folder = generation.output + "/batch";
  batch::Batch run(folder, make_engine(generation, world),
                   {.ranks = generator.ranks,
                    .threads = generation.threads_per_sample,
                    .time_limit = generation.time_limit,
                    .retries = generation.retries});
  const auto parameters = parameters_of(splits, run.broadcast(generator.settings));
  run.define(batch::Work::of_function(generator.task), parameters);
  together([&] { prepare(splits, generator, run); });
  ProgressBar bar("simulate", static_cast<Index>(parameters.size()), speaks);
  const std::vector<batch::Future> futures = run.resume();
  const Index failed = run.wait_all(
      [&](Index done, Index failures) { bar.update(done, failures > 0 ? fmt::format("{} failed", failures) : ""); });
  bar.finish(failed > 0 ? fmt::format("{} failed", failed) : "");
  if (speaks && failed > 0) {
    for (const auto& [task, message] : batch::batch_status(folder).failures) {
      if (!run.is_done(task)) fmt::print(stderr, "sample {}: {}\n", task, message);
    }
    fmt::print(stderr, "{} of {} samples failed; logs are in {}/tasks. The same command tries them again.\n", failed,
               parameters.size(), folder);
  }
  return failed;
}

void publish(const std::vector<Split>& splits, const World& world) {
  for (const Split& split : splits) {
    const bool staged = split.set != split.final;
    world->together([&] {
      if (world->rank() == 0 && !(staged && std::filesystem::exists(split.final))) {
        SampleWriter::open(split.set).finish();
      }
    });
    if (!staged) continue;
    const Index present = world->rank() == 0 && std::filesystem::exists(split.set) ? 1 : 0;
    if (world->all_max(present) == 0) continue;
    ProgressBar bar("write " + split.final, split.count, world->rank() == 0);
    convert_dataset(split.set, split.final, world, {}, [&](Index done, Index) { bar.update(done); });
    bar.finish();
    world->together([&] {
      if (world->rank() == 0) std::filesystem::remove_all(split.set);
    });
  }
}

void add_slurm_settings(Settings& settings, GenerationSettings& generation) {
  batch::SlurmSettings& slurm = generation.slurm;
  settings.add("slurm", "partition", slurm.partition, "of the cluster; empty: its default");
  settings.add("slurm", "nodes", slurm.nodes, "nodes of a sample", at_least(1));
  settings.add("slurm", "exclusive", slurm.exclusive, "whole nodes");
  settings.add("slurm", "tasks_per_job", slurm.tasks_per_job, "samples of a job; 0: enough for its slots", at_least(0));
  settings.add("slurm", "jobs_at_a_time", slurm.jobs_at_a_time, "0: as many as there is room for", at_least(0));
  settings.add("slurm", "job_time_limit", slurm.time_limit,
               "seconds a job may take; 0: what its samples may, or the partition's default", at_least(0));
  settings.add("slurm", "poll_interval", slurm.poll_interval, "seconds between looks at the queue", more_than(0));
  settings.add("slurm", "sbatch_options", generation.sbatch_options,
               "further words for sbatch, for example \"--account=physics --mem=8G\"");
}

}  // namespace

EngineChoice GenerationSettings::engine_for(const World& world) const {
  if (engine != EngineChoice::automatic) return engine;
  return world->size() > 1 ? EngineChoice::mpi : EngineChoice::local;
}

void add_generation_settings(Settings& settings, GenerationSettings& generation) {
  settings.add("generate", "output", generation.output, "folder for the data sets train, valid and test");
  settings.add("generate", "format", generation.format, "what they are: train.h5 or train.zarr",
               {{"hdf5", DatasetFormat::hdf5}, {"zarr", DatasetFormat::zarr}});
  settings.add("generate", "train_samples", generation.train_samples, "training samples", at_least(0));
  settings.add("generate", "valid_samples", generation.valid_samples, "validation samples", at_least(0));
  settings.add("generate", "test_samples", generation.test_samples, "held-out samples", at_least(0));
  settings.add("generate", "engine", generation.engine,
               "where samples are simulated: processes of this machine, groups of the ranks of mpirun, or jobs of a "
               "Slurm cluster; auto: the ranks where there are several, else this machine",
               {{"auto", EngineChoice::automatic},
                {"local", EngineChoice::local},
                {"mpi", EngineChoice::mpi},
                {"slurm", EngineChoice::slurm}});
  settings.add("generate", "slots", generation.slots,
               "samples at a time on this machine, or in a Slurm job; 0: what the cores allow", at_least(0));
  settings.add("generate", "threads_per_sample", generation.threads_per_sample, "threads of each rank of a sample",
               at_least(1));
  settings.add("generate", "time_limit", generation.time_limit, "seconds a sample may take; 0: any time", at_least(0));
  settings.add("generate", "retries", generation.retries, "further attempts at a sample that failed", at_least(0));
  add_slurm_settings(settings, generation);
}

int generate_data_sets(const GenerationSettings& generation, const SampleGenerator& generator, const World& world) {
  if (generation.samples() == 0) throw ConfigError("generate: expected at least one sample, found 0 of every kind");
  const std::vector<Split> splits = splits_of(generation);
  Index failed = 0;
  if (generation.engine_for(world) == EngineChoice::mpi) {
    const bool speaks = world->rank() == 0;
    failed = run_tasks(generation, generator, splits, world, speaks, [&](const std::function<void()>& body) {
      world->together([&] {
        if (speaks) body();
      });
    });
  } else {
    world->together([&] {
      if (world->rank() != 0) return;
      failed = run_tasks(generation, generator, splits, world, true, [](const std::function<void()>& body) { body(); });
    });
    failed = world->all_max(failed);
  }
  if (failed > 0) return kExitFailure;
  publish(splits, world);
  if (world->rank() == 0) {
    const auto path = [&](const std::string& name) {
      return generation.output + "/" + name + (generation.format == DatasetFormat::zarr ? ".zarr" : ".h5");
    };
    fmt::print("Data sets written to {}; `tessera batch report {}/batch` tells what they took.\n", generation.output,
               generation.output);
    fmt::print("Next: tessera train --train {} --valid {}\n", path("train"), path("valid"));
  }
  return 0;
}

SampleTask::SampleTask(const batch::TaskContext& task)
    : task_(task),
      sample_(task.parameters().get<Index>("sample")),
      place_(task.parameters().get<Index>("place")),
      set_(SampleWriter::open(task.parameters().get<std::string>("set"))) {}

std::string SampleTask::settings() const {
  return std::string(task_.load(task_.parameters().get<batch::Reference>("settings")).bytes());
}

}  // namespace tessera::cli
