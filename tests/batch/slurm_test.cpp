/// What the Slurm engine asks for and how it reads the answers; no cluster is needed.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "batch/batch_folder.hpp"
#include "batch/slurm_client.hpp"
#include "batch/slurm_script.hpp"
#include "batch/slurm_submissions.hpp"
#include "core/files.hpp"
#include "support/temporary_folder.hpp"
#include "tessera/batch/engine.hpp"

namespace tessera::batch {
namespace {

using tessera::testing_support::TemporaryFolder;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

BatchDefinition definition(int ranks, int threads, double time_limit) {
  BatchDefinition made;
  made.tasks = 1;
  made.ranks = ranks;
  made.threads = threads;
  made.time_limit = time_limit;
  made.program = "/opt/it's/program";
  return made;
}

TEST(SlurmClient, ReadsTheQueue) {
  const std::string name = "tessera-0a1b2c3d-1";
  const std::vector<QueuedJob> jobs =
      parse_queue("12|3|PENDING|" + name + "|Nodes required for job are DOWN, DRAINED or reserved\n12|0|RUNNING|" +
                  name + "|None\n13|N/A|RUNNING|another|None\nslurm_load_jobs error\n");
  ASSERT_EQ(jobs.size(), 2U);
  EXPECT_EQ(jobs[0].array, 12);
  EXPECT_EQ(jobs[0].element, 3);
  EXPECT_EQ(jobs[0].name, name);
  EXPECT_EQ(jobs[0].reason, "Nodes required for job are DOWN, DRAINED or reserved");
  EXPECT_FALSE(jobs[0].running());
  EXPECT_TRUE(jobs[1].running());
}

TEST(SlurmClient, ReadsHowJobsEnded) {
  const auto ends = parse_ended(
      "JobId=5 ArrayJobId=3 ArrayTaskId=1 JobName=x JobState=FAILED Reason=NonZeroExitCode ExitCode=127:0 "
      "ReqNodeList=(null) NodeList=n2 BatchHost=n2\n"
      "JobId=6 ArrayJobId=3 ArrayTaskId=2 JobState=NODE_FAIL Reason=None ExitCode=0:9 NodeList=(null)\n"
      "JobId=7 ArrayJobId=3 ArrayTaskId=4 JobState=RUNNING Reason=None ExitCode=0:0 NodeList=n1\n"
      "slurm_load_jobs error: Invalid job id specified\n");
  EXPECT_EQ(ends, (std::map<Index, std::string>{{1, "FAILED (NonZeroExitCode), exit code 127 on n2"},
                                                {2, "NODE_FAIL, signal 9"}}));
}

TEST(SlurmClient, KnowsReasonsThatDoNotPass) {
  for (const char* reason : {"BadConstraints", "PartitionTimeLimit", "InvalidAccount", "JobHeldUser",
                             "QOSMaxCpuPerJobLimit", "AssocMaxWallDurationPerJobLimit"}) {
    EXPECT_TRUE(waits_in_vain(reason)) << reason;
  }
  for (const char* reason : {"None", "Resources", "Priority", "BeginTime", "PartitionDown", "AssocMaxJobsLimit",
                             "JobArrayTaskLimit", "Nodes required for job are DOWN, DRAINED or reserved"}) {
    EXPECT_FALSE(waits_in_vain(reason)) << reason;
  }
}

TEST(SlurmScript, DividesTasksAmongJobs) {
  EXPECT_EQ(job_shape({}, definition(1, 1, 0.0), 256, 1).tasks_per_job, 1);
  EXPECT_EQ(job_shape({}, definition(1, 1, 0.0), 257, 1).tasks_per_job, 2);
  EXPECT_EQ(job_shape({.slots = 4}, definition(1, 1, 0.0), 1300, 1).tasks_per_job, 8);
  const JobShape whole_node = job_shape({.exclusive = true}, definition(2, 8, 0.0), 10, 64);
  EXPECT_EQ(whole_node.slots, 4);
  EXPECT_EQ(whole_node.tasks_per_job, 4);
  EXPECT_EQ(job_shape({.exclusive = true}, definition(1, 128, 0.0), 10, 64).slots, 1);
  EXPECT_EQ(job_shape({.nodes = 4}, definition(256, 1, 0.0), 1000, 1).tasks_per_job, 1);
  EXPECT_EQ(into_blocks({1, 2, 5, 6, 9}, 2), (std::vector<Block>{{1, 2}, {5, 6}, {9}}));
  EXPECT_TRUE(into_blocks({}, 2).empty());
}

TEST(SlurmScript, DerivesTheTimeOfAJob) {
  // Five rounds, two retries, and a minute.
  EXPECT_EQ(job_shape({.tasks_per_job = 10, .slots = 2}, definition(1, 1, 100.0), 10, 1).time_limit, 760.0);
  EXPECT_EQ(job_shape({.tasks_per_job = 10, .time_limit = 50.0}, definition(1, 1, 100.0), 10, 1).time_limit, 50.0);
  EXPECT_EQ(job_shape({.tasks_per_job = 10}, definition(1, 1, 0.0), 10, 1).time_limit, 0.0);
}

TEST(SlurmScript, WritesTheRequest) {
  const TemporaryFolder folder;
  const std::string path = folder / "50% done";
  const BatchFolder batch = BatchFolder::create(path, definition(2, 3, 0.0), {Record{}});
  const SlurmSettings settings{
      .partition = "long", .exclusive = true, .jobs_at_a_time = 7, .options = {"--comment=two words"}};
  const auto words = submit_command(settings, batch, {4, 8, 100.0}, "tessera-1-2", 2, 30);
  EXPECT_EQ(words.front(), "sbatch");
  for (const char* word : {"--job-name=tessera-1-2", "--array=0-29%7", "--requeue", "--nodes=1", "--ntasks=8",
                           "--cpus-per-task=3", "--exclusive", "--partition=long", "--time=2", "--comment=two words"}) {
    EXPECT_THAT(words, Contains(word));
  }
  EXPECT_THAT(words, Contains(HasSubstr("/50%% done/slurm/job-%A_%a.log")));
  EXPECT_EQ(words[words.size() - 2], path + "/slurm/job.sh");
  EXPECT_EQ(words.back(), "2");
  const auto plain = submit_command({}, batch, {1, 1, 0.0}, "x", 1, 1);
  EXPECT_THAT(plain, Contains("--array=0-0"));
  EXPECT_THAT(plain, Not(Contains(StartsWith("--time"))));
  EXPECT_THAT(job_script(settings, batch), HasSubstr("exec '/opt/it'\\''s/program' --tessera-batch-worker block '" +
                                                     path + "' 0 \"$1\" \"$SLURM_ARRAY_TASK_ID\"\n"));
}

TEST(SlurmSettings, ComeBackFromTheFolder) {
  const SlurmSettings settings{.partition = "p",
                               .tasks_per_job = 3,
                               .slots = 2,
                               .exclusive = true,
                               .time_limit = 60.0,
                               .jobs_at_a_time = 4,
                               .resubmissions = 0,
                               .poll_interval = 1.5,
                               .name = "n",
                               .options = {"--mem=4G", "-A", "x y"}};
  const Record description = slurm_engine(settings)->describe();
  EXPECT_EQ(make_engine(Record::from_json(description.to_json(), "engine"), nullptr)->describe(), description);
  EXPECT_EQ(SlurmSettings::from_record({}).to_record(), SlurmSettings{}.to_record());
}

TEST(SlurmSettings, RefusesWhatMakesNoSense) {
  for (const SlurmSettings& settings :
       {SlurmSettings{.slots = -1}, SlurmSettings{.nodes = 0}, SlurmSettings{.slots = 2, .nodes = 2},
        SlurmSettings{.poll_interval = 0.0}, SlurmSettings{.name = "a,b"}, SlurmSettings{.name = ""}}) {
    EXPECT_THROW(slurm_engine(settings), ConfigError);
  }
}

TEST(SlurmSubmissions, AreRememberedInTheFolder) {
  const TemporaryFolder folder;
  const BatchFolder batch = BatchFolder::create(folder / "b", definition(1, 1, 0.0), {Record{}});
  EXPECT_FALSE(has_slurm_jobs(batch));
  std::string name;
  {
    SlurmSubmissions submissions(batch, "runs");
    EXPECT_EQ(submissions.begin({{0, 1, 2}, {5}}), 1);
    submissions.submitted(1, 4711, "sbatch ...");
    EXPECT_EQ(submissions.begin({{3}}), 2);
    name = submissions.name(2);
    EXPECT_THAT(name, StartsWith("runs-"));
  }
  EXPECT_TRUE(has_slurm_jobs(batch));
  SlurmSubmissions submissions(batch, "another name");
  EXPECT_EQ(submissions.open(), (std::vector<Index>{1, 2}));
  EXPECT_EQ(submissions.array(1), 4711);
  EXPECT_EQ(submissions.array(2), 0);
  EXPECT_EQ(submissions.name(2), name);
  EXPECT_EQ(submissions.submission_of({.name = name}), 2);
  EXPECT_EQ(submissions.submission_of({.name = name + "0"}), std::nullopt);
  EXPECT_EQ(blocks_of(batch, 1), (std::vector<Block>{{0, 1, 2}, {5}}));
  submissions.forget(1);
  EXPECT_EQ(blocks_of(batch, 1), std::nullopt);
  EXPECT_EQ(submissions.begin({{4}}), 3);
  write_file(batch.file("engine.json"), "{}");
  EXPECT_THROW(SlurmSubmissions{batch}, IoError);
}

}  // namespace
}  // namespace tessera::batch
