#include "batch/slurm_script.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>

#include "batch/worker.hpp"
#include "core/process.hpp"

namespace tessera::batch {

namespace {

/// Seconds for the job itself to begin and end.
constexpr double kOverhead = 60.0;

Index divided_up(Index count, Index by) { return (count + by - 1) / by; }

/// A word of a shell's text that stands for itself.
std::string quoted(const std::string& word) {
  std::string text = "'";
  for (const char letter : word) text += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  return text + "'";
}

/// A path in which sbatch replaces nothing.
std::string literal(const std::string& path) {
  std::string text;
  for (const char letter : path) text += letter == '%' ? std::string("%%") : std::string(1, letter);
  return text;
}

}  // namespace

void SlurmSettings::validate() const {
  const auto require = [](bool holds, const char* setting, const char* expected, auto found) {
    if (!holds) throw ConfigError(fmt::format("slurm engine: expected {} {}, got {}", setting, expected, found));
  };
  require(tasks_per_job >= 0, "tasks_per_job", "not below 0", tasks_per_job);
  require(slots >= 0, "slots", "not below 0", slots);
  require(nodes >= 1, "nodes", "of at least 1", nodes);
  require(nodes == 1 || slots <= 1, "slots", "of 1 for tasks of several nodes", slots);
  require(nodes == 1 || tasks_per_job <= 1, "tasks_per_job", "of 1 for tasks of several nodes", tasks_per_job);
  require(time_limit >= 0.0, "time_limit", "not below 0", time_limit);
  require(jobs_at_a_time >= 0, "jobs_at_a_time", "not below 0", jobs_at_a_time);
  require(resubmissions >= 0, "resubmissions", "not below 0", resubmissions);
  require(poll_interval > 0.0, "poll_interval", "above 0", poll_interval);
  const bool plain = !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char letter) {
    return std::isalnum(letter) != 0 || letter == '-' || letter == '_' || letter == '.';
  });
  require(plain, "name", "of letters, digits, '-', '_' and '.'", "'" + name + "'");
}

Record SlurmSettings::to_record() const {
  return {{"partition", partition},
          {"tasks_per_job", tasks_per_job},
          {"slots", Index{slots}},
          {"nodes", Index{nodes}},
          {"exclusive", exclusive},
          {"time_limit", time_limit},
          {"jobs_at_a_time", Index{jobs_at_a_time}},
          {"resubmissions", Index{resubmissions}},
          {"poll_interval", poll_interval},
          {"name", name},
          {"options", options}};
}

SlurmSettings SlurmSettings::from_record(const Record& record) {
  const auto integer = [&](const char* key, int otherwise) {
    return static_cast<int>(record.get<Index>(key, Index{otherwise}));
  };
  SlurmSettings settings;
  settings.partition = record.get("partition", settings.partition);
  settings.tasks_per_job = record.get("tasks_per_job", settings.tasks_per_job);
  settings.slots = integer("slots", settings.slots);
  settings.nodes = integer("nodes", settings.nodes);
  settings.exclusive = record.get("exclusive", settings.exclusive);
  settings.time_limit = record.get("time_limit", settings.time_limit);
  settings.jobs_at_a_time = integer("jobs_at_a_time", settings.jobs_at_a_time);
  settings.resubmissions = integer("resubmissions", settings.resubmissions);
  settings.poll_interval = record.get("poll_interval", settings.poll_interval);
  settings.name = record.get("name", settings.name);
  settings.options = record.get("options", settings.options);
  return settings;
}

JobShape job_shape(const SlurmSettings& settings, const BatchDefinition& definition, Index tasks, int cores) {
  JobShape shape;
  if (settings.nodes > 1) {
    shape = {1, 1, 0.0};
  } else {
    shape.slots = settings.slots > 0   ? settings.slots
                  : settings.exclusive ? std::max(1, cores / (definition.threads * definition.ranks))
                                       : 1;
    // In whole rounds of its slots.
    const Index fewest = divided_up(tasks, SlurmSettings::kMostJobs);
    shape.tasks_per_job =
        settings.tasks_per_job > 0 ? settings.tasks_per_job : divided_up(fewest, shape.slots) * shape.slots;
  }
  const double limit = definition.time_limit;
  if (settings.time_limit > 0.0) {
    shape.time_limit = settings.time_limit;
  } else if (limit > 0.0) {
    const Index rounds = divided_up(shape.tasks_per_job, shape.slots);
    shape.time_limit = static_cast<double>(rounds + definition.retries) * limit + kOverhead;
  }
  return shape;
}

std::vector<Block> into_blocks(const std::vector<Index>& tasks, Index tasks_per_job) {
  std::vector<Block> blocks;
  for (const Index task : tasks) {
    if (blocks.empty() || static_cast<Index>(blocks.back().size()) == tasks_per_job) blocks.emplace_back();
    blocks.back().push_back(task);
  }
  return blocks;
}

std::string job_script(const SlurmSettings& settings, const BatchFolder& batch) {
  const BatchDefinition& definition = batch.definition();
  // As many slots as the job has cores for, which for a whole node only the node knows.
  const int slots = settings.nodes > 1 ? 1 : settings.slots;
  return fmt::format(
      "#!/bin/sh\n"
      "# Runs what is missing of one line of blocks-$1; submitted by the command in submissions.log.\n"
      "export {}=1\n"
      "# srun does not inherit --cpus-per-task.\n"
      "export SRUN_CPUS_PER_TASK={}\n"
      "exec {} {} block {} {} \"$1\" \"$SLURM_ARRAY_TASK_ID\"\n",
      kWorkerVariable, definition.threads, quoted(definition.program), kWorkerWord, quoted(batch.path()), slots);
}

std::vector<std::string> submit_command(const SlurmSettings& settings, const BatchFolder& batch, const JobShape& shape,
                                        const std::string& name, Index submission, Index elements) {
  const BatchDefinition& definition = batch.definition();
  std::vector<std::string> argv = {
      "sbatch",
      "--parsable",
      "--job-name=" + name,
      fmt::format("--array=0-{}{}", elements - 1,
                  settings.jobs_at_a_time > 0 ? fmt::format("%{}", settings.jobs_at_a_time) : ""),
      "--requeue",
      "--export=ALL",
      "--chdir=" + std::filesystem::current_path().string(),
      "--output=" + literal(slurm_file(batch, "")) + "job-%A_%a.log",
      "--open-mode=append",
      fmt::format("--nodes={}", settings.nodes),
      fmt::format("--ntasks={}", definition.ranks * shape.slots),
      fmt::format("--cpus-per-task={}", definition.threads)};
  if (settings.exclusive) argv.push_back("--exclusive");
  if (!settings.partition.empty()) argv.push_back("--partition=" + settings.partition);
  if (shape.time_limit > 0.0) {
    argv.push_back(fmt::format("--time={}", static_cast<Index>(std::ceil(shape.time_limit / 60.0))));
  }
  argv.insert(argv.end(), settings.options.begin(), settings.options.end());
  argv.push_back(slurm_file(batch, "job.sh"));
  argv.push_back(std::to_string(submission));
  return argv;
}

}  // namespace tessera::batch
