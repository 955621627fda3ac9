#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <thread>

#include "batch/slurm_script.hpp"
#include "batch/slurm_submissions.hpp"
#include "batch/worker.hpp"
#include "core/files.hpp"
#include "core/process.hpp"
#include "tessera/batch/engine.hpp"

namespace tessera::batch {

namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

/// Looks at the queue that must miss a job before it has gone: what it wrote last may take a moment to be seen here.
constexpr int kAbsences = 2;
/// Looks at the folder for each look at the queue.
constexpr double kLooksPerPoll = 10.0;
constexpr double kShortestLook = 0.05;
/// Between two looks at a slow file system, as a multiple of what a look takes.
constexpr double kRest = 10.0;

void say(const std::string& message) { std::fprintf(stderr, "slurm engine: %s\n", message.c_str()); }

/// Submits blocks of tasks as arrays and watches two things: the queue, which tells what is running and what has gone,
/// and the folder, which alone tells what is done and what has failed.
class SlurmEngine final : public Engine {
 public:
  explicit SlurmEngine(const SlurmSettings& settings) : settings_(settings) { settings.validate(); }

  Record describe() const override {
    Record description = settings_.to_record();
    description.set("engine", "slurm");
    return description;
  }
  bool attaches() const override { return true; }
  void start(const BatchFolder& batch, const std::vector<Index>& tasks) override;
  std::vector<Outcome> collect(double seconds) override;
  void stop() override;

 private:
  struct Job {
    Index submission;
    Index element;
    Block open;  ///< its tasks that are not over
    bool begun = false;
    int absences = 0;
  };

  std::set<Index> attach(const std::vector<Index>& tasks);
  void submit(const std::vector<Index>& tasks);
  void submit_array(const std::vector<Block>& blocks);
  void look_at_queue();
  void look_at_queue_in_time();
  void warn_of(const QueuedJob& job);
  void forget_ended_submissions(const std::vector<QueuedJob>& queue);
  std::vector<Outcome> look_at_folder();
  void refresh(const Job& job) const;
  void take_results(Job& job, std::vector<Outcome>& outcomes) const;
  void replace(const std::vector<Job>& lost, std::vector<Outcome>& outcomes);
  double look_interval() const { return std::max(kShortestLook, settings_.poll_interval / kLooksPerPoll); }

  SlurmSettings settings_;
  const BatchFolder* batch_ = nullptr;
  std::optional<SlurmSubmissions> submissions_;
  JobShape shape_;
  Index largest_array_ = 1;
  std::vector<Job> jobs_;               ///< with open tasks
  std::map<Index, int> resubmissions_;  ///< of a task
  std::set<std::string> said_;          ///< reasons to wait
  Clock::time_point next_poll_, next_look_;
  bool out_of_reach_ = false;
};

void SlurmEngine::start(const BatchFolder& batch, const std::vector<Index>& tasks) {
  batch_ = &batch;
  submissions_.emplace(batch, settings_.name);
  jobs_.clear();
  resubmissions_.clear();
  said_.clear();
  largest_array_ = largest_array();
  const bool by_node = settings_.exclusive && settings_.slots == 0;
  shape_ = job_shape(settings_, batch.definition(), static_cast<Index>(tasks.size()),
                     by_node ? cores_of_node(settings_.partition) : 1);
  const std::set<Index> covered = attach(tasks);
  std::vector<Index> missing;
  std::copy_if(tasks.begin(), tasks.end(), std::back_inserter(missing),
               [&](Index task) { return !covered.contains(task); });
  create_folders(batch.file("slurm"));
  write_file(slurm_file(batch, "job.sh"), job_script(settings_, batch));
  submit(missing);
  // A job that begins at once is seen soon.
  next_poll_ = next_look_ = Clock::now();
}

/// Finds the jobs that an earlier driver has left; returns the tasks they will do.
std::set<Index> SlurmEngine::attach(const std::vector<Index>& tasks) {
  std::set<Index> covered;
  if (submissions_->open().empty()) return covered;
  const std::set<Index> wanted(tasks.begin(), tasks.end());
  const std::vector<QueuedJob> queue = queued_jobs(submissions_->names());
  forget_ended_submissions(queue);
  std::map<Index, std::vector<Block>> blocks;
  for (const Index submission : submissions_->open()) {
    blocks[submission] = blocks_of(*batch_, submission).value_or(std::vector<Block>{});
  }
  for (const QueuedJob& queued : queue) {
    const auto submission = submissions_->submission_of(queued);
    if (!submission) continue;
    if (submissions_->array(*submission) == 0) {
      submissions_->submitted(*submission, queued.array, "found in the queue: " + queued.name);
    }
    if (queued.element >= static_cast<Index>(blocks[*submission].size())) continue;
    Job job{*submission, queued.element, {}, queued.running()};
    for (const Index task : blocks[*submission][static_cast<std::size_t>(queued.element)]) {
      if (wanted.contains(task) && covered.insert(task).second) job.open.push_back(task);
    }
    if (!job.open.empty()) jobs_.push_back(std::move(job));
  }
  if (!covered.empty()) say(fmt::format("{} tasks are in jobs already", covered.size()));
  return covered;
}

void SlurmEngine::submit(const std::vector<Index>& tasks) {
  const std::vector<Block> blocks = into_blocks(tasks, shape_.tasks_per_job);
  const auto most = static_cast<std::ptrdiff_t>(largest_array_);
  for (auto at = blocks.begin(); at != blocks.end();) {
    const auto end = at + std::min(most, blocks.end() - at);
    submit_array({at, end});
    at = end;
  }
}

void SlurmEngine::submit_array(const std::vector<Block>& blocks) {
  const Index submission = submissions_->begin(blocks);
  const std::vector<std::string> argv = submit_command(settings_, *batch_, shape_, submissions_->name(submission),
                                                       submission, static_cast<Index>(blocks.size()));
  Index array = 0;
  try {
    array = submit_jobs(argv);
  } catch (const ConfigError&) {
    submissions_->forget(submission);
    throw;
  }
  submissions_->submitted(submission, array, command_text(argv));
  Index element = 0;
  for (const Block& block : blocks) jobs_.push_back({submission, element++, block});
}

/// Submissions none of whose jobs are left, or which have never been.
void SlurmEngine::forget_ended_submissions(const std::vector<QueuedJob>& queue) {
  std::set<Index> alive;
  for (const QueuedJob& queued : queue) {
    if (const auto submission = submissions_->submission_of(queued)) alive.insert(*submission);
  }
  for (const Job& job : jobs_) alive.insert(job.submission);
  for (const Index submission : submissions_->open()) {
    if (!alive.contains(submission)) submissions_->forget(submission);
  }
}

void SlurmEngine::warn_of(const QueuedJob& job) {
  if (job.running() || !waits_in_vain(job.reason) || !said_.insert(job.reason).second) return;
  say(fmt::format("job {}_{} waits for a reason that does not pass by itself: {}", job.array, job.element, job.reason));
}

void SlurmEngine::look_at_queue() {
  const std::vector<QueuedJob> queue = queued_jobs(submissions_->names());
  std::map<std::pair<Index, Index>, const QueuedJob*> found;
  for (const QueuedJob& queued : queue) {
    warn_of(queued);
    if (const auto submission = submissions_->submission_of(queued)) found[{*submission, queued.element}] = &queued;
  }
  for (Job& job : jobs_) {
    const auto queued = found.find({job.submission, job.element});
    job.absences = queued == found.end() ? job.absences + 1 : 0;
    // A job that waits to begin once more may have done some of its tasks.
    job.begun = job.begun || job.absences > 0 || queued->second->running();
  }
  forget_ended_submissions(queue);
}

/// The jobs go on while the queue cannot be seen.
void SlurmEngine::look_at_queue_in_time() {
  if (Clock::now() < next_poll_) return;
  try {
    look_at_queue();
    if (std::exchange(out_of_reach_, false)) say("Slurm answers again");
  } catch (const IoError& error) {
    if (!std::exchange(out_of_reach_, true)) say(fmt::format("waiting for Slurm: {}", error.what()));
  }
  next_poll_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(Seconds(settings_.poll_interval));
}

/// A folder that is opened makes a network file system ask its server again.
void SlurmEngine::refresh(const Job& job) const {
  std::error_code ignored;
  for (const Index task : job.open) std::filesystem::directory_iterator(batch_->task_folder(task), ignored);
}

void SlurmEngine::take_results(Job& job, std::vector<Outcome>& outcomes) const {
  std::erase_if(job.open, [&](Index task) {
    const bool done = batch_->is_done(task);
    if (!done && (batch_->failures(task).empty() || !batch_->attempts(task).none_left(batch_->definition().retries))) {
      return false;
    }
    outcomes.push_back({task, done});
    return true;
  });
}

std::vector<Outcome> SlurmEngine::look_at_folder() {
  std::vector<Outcome> outcomes;
  const auto begin = Clock::now();
  if (begin < next_look_) return outcomes;
  std::vector<Job> lost;
  for (Job& job : jobs_) {
    const bool gone = job.absences >= kAbsences;
    if (gone) refresh(job);
    if (job.begun) take_results(job, outcomes);
    if (!job.open.empty() && gone) lost.push_back(std::move(job));
  }
  std::erase_if(jobs_, [](const Job& job) { return job.open.empty(); });
  if (!lost.empty()) replace(lost, outcomes);
  const Seconds rest = std::max(Seconds(look_interval()), kRest * Seconds(Clock::now() - begin));
  next_look_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(rest);
  return outcomes;
}

/// Tasks whose jobs have gone without a word on them go into new ones, or fail.
void SlurmEngine::replace(const std::vector<Job>& lost, std::vector<Outcome>& outcomes) {
  std::map<Index, std::map<Index, std::string>> ends;
  for (const Job& job : lost) {
    if (const Index array = submissions_->array(job.submission); !ends.contains(array)) ends[array] = ended_jobs(array);
  }
  std::vector<Index> again;
  for (const Job& job : lost) {
    const Index array = submissions_->array(job.submission);
    const auto found = ends[array].find(job.element);
    const std::string name = fmt::format("{}_{}", array, job.element);
    const std::string end = fmt::format("job {} ended without them: {}; see {}", name,
                                        found == ends[array].end() ? "Slurm has forgotten it" : found->second,
                                        slurm_file(*batch_, fmt::format("job-{}.log", name)));
    say(fmt::format("tasks {}: {}", to_ranges(job.open), end));
    for (const Index task : job.open) {
      if (resubmissions_[task]++ < settings_.resubmissions) {
        again.push_back(task);
        continue;
      }
      batch_->add_failure(task, {batch_->attempts(task).all, batch_->run(), kGivenUp,
                                 fmt::format("no job of {} finished it; {}", resubmissions_[task], end), host_name()});
      outcomes.push_back({task, false});
    }
  }
  std::sort(again.begin(), again.end());
  submit(again);
}

std::vector<Outcome> SlurmEngine::collect(double seconds) {
  const auto until = Clock::now() + std::chrono::duration_cast<Clock::duration>(Seconds(seconds));
  while (!jobs_.empty()) {
    if (batch_->is_cancelled()) {
      throw IoError(batch_->path() + ": the batch was cancelled; `tessera batch resume` goes on with it");
    }
    look_at_queue_in_time();
    std::vector<Outcome> outcomes = look_at_folder();
    if (!outcomes.empty() || Clock::now() >= until) return outcomes;
    std::this_thread::sleep_until(std::min({until, next_look_, next_poll_}));
  }
  return {};
}

void SlurmEngine::stop() {
  if (jobs_.empty() || batch_->is_cancelled()) return;
  say(
      fmt::format("the jobs of {0} go on; `tessera batch resume {0}` waits for them, `tessera batch cancel {0}` ends "
                  "them",
                  batch_->path()));
  jobs_.clear();
}

}  // namespace

std::unique_ptr<Engine> slurm_engine(const SlurmSettings& settings) { return std::make_unique<SlurmEngine>(settings); }

}  // namespace tessera::batch
