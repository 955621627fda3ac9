/// Against a real Slurm, which with_slurm.py brings up.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <regex>
#include <sstream>
#include <thread>

#include "batch/batch_folder.hpp"
#include "batch/slurm_submissions.hpp"
#include "batch/test_tasks.hpp"
#include "batch_slurm/step_task.hpp"
#include "core/files.hpp"
#include "core/process.hpp"
#include "support/temporary_folder.hpp"
#include "tessera/batch/batch.hpp"

namespace tessera::batch {
namespace {

using tessera::testing_support::TemporaryFolder;
using namespace testing_support;
using testing::HasSubstr;
using testing::UnorderedElementsAreArray;

const bool kRegistered = (register_step(), true);

std::string contents(const std::string& path) { return read_file(path).value_or(""); }

template <class Body>
std::string error_of(Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    return std::string(error_kind_name(error.kind())) + ": " + error.what();
  }
  return "no error";
}

void wait_until(const std::function<bool()>& condition, const std::string& what) {
  for (int i = 0; i < 1500; ++i) {
    if (condition()) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  throw std::runtime_error("not within 30 s: " + what);
}

std::string answer_of(const std::vector<std::string>& argv) {
  ProcessOutput output = output_of(argv);
  EXPECT_TRUE(output.end.success()) << command_text(argv) << ": " << output.text;
  return std::move(output.text);
}

bool queue_is_empty() { return answer_of({"squeue", "--noheader"}).empty(); }

/// All matches of the first group.
std::vector<std::string> found(const std::string& text, const std::string& pattern) {
  std::vector<std::string> matches;
  const std::regex expression(pattern);
  for (auto at = std::sregex_iterator(text.begin(), text.end(), expression); at != std::sregex_iterator(); ++at) {
    matches.push_back((*at)[1]);
  }
  return matches;
}

std::string first(const std::vector<std::string>& texts) { return texts.empty() ? "none" : texts.front(); }
void kill_process(const std::string& number) { ::kill(std::stoi(number), SIGKILL); }
std::vector<std::string> begun(const std::string& journal) { return found(contents(journal), "begin (\\d+) "); }
std::vector<std::string> ended(const std::string& journal) { return found(contents(journal), "end (\\d+) "); }
/// The process of the first worker of a submission.
std::string worker_of(const std::string& batch, int submission) {
  return first(found(contents(fmt::format("{}/slurm/owner-{}-0", batch, submission)), "process (\\d+) "));
}
std::vector<std::string> numbers(int count) {
  std::vector<std::string> texts;
  for (int i = 0; i < count; ++i) texts.push_back(std::to_string(i));
  return texts;
}

SlurmSettings quick(SlurmSettings settings = {}) {
  settings.poll_interval = 0.3;
  return settings;
}

class SlurmEngine : public testing::Test {
 protected:
  SlurmEngine() : path_(folder_ / "b"), journal_(folder_ / "journal") {}
  ~SlurmEngine() override { output_of({"scancel", "--user=root"}); }

  const TemporaryFolder folder_;
  const std::string path_, journal_;
};

TEST_F(SlurmEngine, RunsTasksInArrays) {
  Batch batch(path_, slurm_engine(quick({.tasks_per_job = 3, .jobs_at_a_time = 3})));
  const auto futures = batch.map(kSquare, numbered(20));
  // Arrays here have at most 5 elements.
  EXPECT_EQ(contents(path_ + "/slurm/blocks-1"), "0-2\n3-5\n6-8\n9-11\n12-14\n");
  EXPECT_EQ(contents(path_ + "/slurm/blocks-2"), "15-17\n18-19\n");
  EXPECT_EQ(batch.wait_all(), 0);
  for (const Future& future : futures) {
    EXPECT_EQ(future.fetch().get<double>("y"), static_cast<double>(future.index() * future.index()));
  }
  EXPECT_THAT(contents(path_ + "/slurm/submissions.log"), HasSubstr("--array=0-4%3"));
  const std::string job = first(found(contents(path_ + "/slurm/submissions.log"), "job (\\d+)\n"));
  EXPECT_THAT(contents(path_ + "/slurm/job-" + job + "_1.log"), HasSubstr("task 4 done\n"));
  EXPECT_EQ(batch_use(path_).size(), 20U);
}

TEST_F(SlurmEngine, RetriesWhatFailsAndEndsWhatHangs) {
  Batch batch(path_, slurm_engine(quick({.tasks_per_job = 4, .slots = 2})), {.time_limit = 1.0, .retries = 1});
  const auto futures =
      batch.map(kBad, {{{"how", "hang"}}, {{"how", "throw"}}, {{"how", "exit"}}, {{"how", "nothing"}}});
  EXPECT_EQ(batch.wait_all(), 3);
  const char* expected[] = {"not finished after 1 s", "NumericError: the pressure is negative", "exit code 5"};
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_THAT(error_of([&] { futures[i].fetch(); }), HasSubstr(expected[i]));
    EXPECT_THAT(contents(futures[i].folder() + "/attempt-2.log"), HasSubstr("about to "));
    EXPECT_FALSE(std::filesystem::exists(futures[i].folder() + "/attempt-3.log"));
  }
  EXPECT_EQ(futures[3].fetch(), Record{});
  EXPECT_EQ(batch_status(path_).failed, 3);
}

TEST_F(SlurmEngine, ReplacesWhatIsKilled) {
  Batch batch(path_, slurm_engine(quick({.tasks_per_job = 2})));
  const auto futures = batch.map(kStep, steps(2, 0.7, journal_));
  wait_until([&] { return begun(journal_).size() == 1; }, "the first task begins");
  kill_process(first(found(contents(journal_), "begin 0 (\\d+)")));
  wait_until([&] { return begun(journal_).size() == 3; }, "the second task begins");
  EXPECT_EQ(ended(journal_), numbers(1));
  testing::internal::CaptureStderr();
  kill_process(worker_of(path_, 1));
  EXPECT_EQ(batch.wait_all(), 0);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("tasks 1: job "));
  EXPECT_EQ(futures[0].use().attempt, 2);
  EXPECT_EQ(begun(journal_), (std::vector<std::string>{"0", "0", "1", "1"}));
  EXPECT_EQ(ended(journal_), numbers(2));
}

TEST_F(SlurmEngine, GivesUpATaskWhoseJobsVanish) {
  Batch batch(path_, slurm_engine(quick({.resubmissions = 0})));
  const auto futures = batch.map(kStep, steps(1, 100.0, journal_));
  wait_until([&] { return !begun(journal_).empty(); }, "the task begins");
  testing::internal::CaptureStderr();
  kill_process(worker_of(path_, 1));
  EXPECT_EQ(batch.wait_all(), 1);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("tasks 0: job "));
  const std::string error = error_of([&] { futures[0].fetch(); });
  EXPECT_THAT(error, HasSubstr("no job of 1 finished it; job "));
  EXPECT_THAT(error, HasSubstr("ended without them: "));
  EXPECT_THAT(error, HasSubstr("signal 9"));
  EXPECT_EQ(batch_status(path_).failed, 1);
}

/// Ends all processes of a node: its daemon, and the job with what it started.
void lose_node(const std::string& node, const std::string& worker) {
  const std::string status = contents("/proc/" + worker + "/status");
  kill_process(first(found(contents(std::string(std::getenv("TESSERA_TEST_SLURM")) + "/" + node + ".pid"), "(\\d+)")));
  kill_process(first(found(status, "PPid:\\s+(\\d+)")));
  kill_process(worker);
  answer_of({"scontrol", "update", "nodename=" + node, "state=down", "reason=lost"});
}

TEST_F(SlurmEngine, GoesOnAfterANodeIsLostAndAJobIsToldToEnd) {
  const SlurmSettings settings =
      quick({.tasks_per_job = 3, .slots = 1, .exclusive = true, .options = {"--nodelist=n1"}});
  Batch batch(path_, slurm_engine(settings));
  SlurmSettings other = settings;
  other.options = {"--nodelist=n2"};
  Batch told(folder_ / "told", slurm_engine(other));
  const auto make = [&](const std::string& name) { return steps(3, 1.2, folder_ / name); };
  const auto futures = batch.map(kStep, make("journal"));
  const auto told_futures = told.map(kStep, make("told-journal"));
  for (const std::string& journal : {journal_, folder_ / "told-journal"}) {
    wait_until([&] { return begun(journal).size() == 2; }, "the second task begins");
  }
  const std::string job = first(found(contents(folder_ / "told/slurm/submissions.log"), "job (\\d+)\n"));
  answer_of({"scancel", "--signal=TERM", "--full", job});
  lose_node("n1", worker_of(path_, 1));
  answer_of({"slurmd", "-N", "n1"});
  EXPECT_EQ(batch.wait_all(), 0);
  EXPECT_EQ(told.wait_all(), 0);
  for (const std::string& journal : {journal_, folder_ / "told-journal"}) {
    // What had been done is not done again, what had not is begun once more.
    EXPECT_THAT(ended(journal), UnorderedElementsAreArray(numbers(3))) << contents(journal);
    EXPECT_GE(begun(journal).size(), 4U) << contents(journal);
  }
  // By the cluster, in the same job.
  for (const std::string& path : {path_, folder_ / "told"}) {
    EXPECT_FALSE(std::filesystem::exists(path + "/slurm/blocks-2"));
    EXPECT_FALSE(std::filesystem::exists(path + "/tasks/000001/failures.jsonl"));
  }
  const std::string log = contents(folder_ / "told/slurm/job-" + job + "_0.log");
  EXPECT_THAT(log, HasSubstr("told to end\n"));
  EXPECT_THAT(log, HasSubstr("start 2 of job "));
}

TEST_F(SlurmEngine, LeavesJobsToANewDriver) {
  const std::string driver = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "batch_slurm_driver";
  const pid_t process = start_process({driver, path_, "8", "0.8", journal_, "2"});
  wait_until([&] { return ended(journal_).size() >= 2; }, "two tasks are done");
  ::kill(process, SIGKILL);
  wait_for(process);
  // A child that it was just starting may hold its lock for a moment.
  wait_until([&] { return batch_status(path_).driver.empty(); }, "nobody drives it");
  const BatchStatus status = batch_status(path_);
  EXPECT_GT(status.running, 0);
  EXPECT_THAT(status.jobs, HasSubstr(" jobs running, "));
  EXPECT_THAT(error_of([&] { Batch::reopen(path_, local_engine()).resume(); }), HasSubstr("a cluster has jobs"));

  // As if it had been killed between sbatch and the note of its answer, and once before sbatch.
  Record notes = Record::from_json(contents(path_ + "/engine.json"), "notes");
  notes.set("submissions", std::vector<Index>{1, 2});
  notes.set("arrays", std::vector<Index>{0, 0});
  notes.set("next", Index{3});
  write_file(path_ + "/engine.json", notes.to_json());
  write_file(path_ + "/slurm/blocks-2", "0-7\n");

  testing::internal::CaptureStderr();
  Batch batch = Batch::reopen(path_);
  const auto futures = batch.resume();
  EXPECT_EQ(batch.wait_all(), 0);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("tasks are in jobs already"));
  EXPECT_THAT(begun(journal_), UnorderedElementsAreArray(numbers(8)));
  EXPECT_THAT(ended(journal_), UnorderedElementsAreArray(numbers(8)));
  EXPECT_FALSE(std::filesystem::exists(path_ + "/slurm/blocks-2"));
  EXPECT_FALSE(std::filesystem::exists(path_ + "/slurm/blocks-3"));
}

TEST_F(SlurmEngine, PassesRequestsOnAndCancelsWithAndWithoutADriver) {
  const SlurmSettings settings = quick({.partition = "main", .options = {"--comment=two words"}});
  std::optional<Batch> batch(std::in_place, path_, slurm_engine(settings), TaskSettings{.time_limit = 100.0});
  batch->map(kStep, steps(2, 100.0, journal_));
  wait_until([&] { return begun(journal_).size() == 2; }, "the tasks begin");
  const std::string job = first(found(contents(path_ + "/slurm/submissions.log"), "job (\\d+)\n"));
  const std::string said = answer_of({"scontrol", "show", "job", job});
  // 100 s, twice more, and one minute.
  for (const char* word :
       {"Comment=two words", "Partition=main", "TimeLimit=00:06:00", "Requeue=1", "JobName=tessera-"}) {
    EXPECT_THAT(said, HasSubstr(word));
  }
  EXPECT_THAT(batch_status(path_).jobs, HasSubstr("2 jobs running, 0 waiting"));
  EXPECT_EQ(batch_status(path_).running, 2);

  cancel_batch(path_);
  EXPECT_THAT(error_of([&] { batch->wait_all(); }), HasSubstr("IoError: " + path_ + ": the batch was cancelled"));
  batch.reset();
  wait_until(queue_is_empty, "the jobs end");
  EXPECT_FALSE(std::filesystem::exists(path_ + "/tasks/000000/failures.jsonl"));

  testing::internal::CaptureStderr();
  batch.emplace(Batch::reopen(path_));
  batch->resume();
  batch.reset();
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("the jobs of " + path_ + " go on"));
  wait_until([&] { return begun(journal_).size() == 4; }, "the tasks begin again");
  cancel_batch(path_);
  wait_until(queue_is_empty, "the jobs end");
  EXPECT_EQ(batch_status(path_).running, 0);
}

TEST_F(SlurmEngine, RunsTasksOfSeveralRanks) {
  const TaskSettings by_mpirun{.ranks = 2, .retries = 0};
  TaskSettings by_srun = by_mpirun;
  by_srun.launcher = {"srun", "--mpi=pmix", "-n", "{ranks}"};
  Batch one_node(path_, slurm_engine(quick()), by_mpirun);
  Batch two_nodes(folder_ / "two", slurm_engine(quick({.nodes = 2})), by_srun);
  const auto first_futures = one_node.map(kRanks, numbered(1));
  const auto second_futures = two_nodes.map(kRanks, numbered(1));
  EXPECT_EQ(first_futures[0].fetch().get<Index>("sum"), 3);
  EXPECT_EQ(second_futures[0].fetch().get<Index>("sum"), 3);
  EXPECT_THAT(contents(folder_ / "two/slurm/submissions.log"), HasSubstr("--nodes=2 --ntasks=2"));
}

TEST_F(SlurmEngine, GivesALoneTaskACommunicator) {
  Batch batch(path_, slurm_engine(quick()), {.retries = 0});
  EXPECT_EQ(batch.map(kRanks, numbered(1))[0].fetch().get<Index>("ranks"), 1);
}

TEST_F(SlurmEngine, SaysWhatTheClusterRefuses) {
  {
    Batch batch(path_, slurm_engine(quick({.partition = "no-such"})));
    EXPECT_THAT(error_of([&] { batch.map(kSquare, numbered(1)); }),
                testing::AllOf(HasSubstr("ConfigError: sbatch "), HasSubstr("invalid partition specified: no-such")));
    EXPECT_EQ(batch_status(path_).jobs, "");
  }
  Batch batch(path_, slurm_engine(quick({.time_limit = 7200.0})));
  testing::internal::CaptureStderr();
  const auto futures = batch.map(kSquare, numbered(1));
  wait_until([] { return answer_of({"squeue", "--noheader", "--format=%r"}) == "PartitionTimeLimit\n"; }, "the reason");
  for (int i = 0; i < 20; ++i) {
    EXPECT_FALSE(futures[0].ready());
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_EQ(found(said, "(for a reason that does not pass by itself: PartitionTimeLimit)").size(), 1U) << said;
  cancel_batch(path_);
}

}  // namespace
}  // namespace tessera::batch
