/// The worker of a job of a cluster, started by hand.

#include "batch/block_worker.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <optional>
#include <thread>

#include "batch/batch_folder.hpp"
#include "batch/slurm_script.hpp"
#include "batch/slurm_submissions.hpp"
#include "batch/test_tasks.hpp"
#include "batch/worker.hpp"
#include "core/files.hpp"
#include "core/process.hpp"
#include "support/temporary_folder.hpp"

namespace tessera::batch {
namespace {

using tessera::testing_support::TemporaryFolder;
using namespace testing_support;
using testing::HasSubstr;

class BlockWorker : public testing::Test {
 protected:
  BlockWorker() : batch_(BatchFolder::create(folder_ / "b", definition(), parameters())), submissions_(batch_, "test") {
    batch_.begin_run();
    submissions_.begin({{0, 1, 2}});
  }

  static BatchDefinition definition() {
    BatchDefinition made;
    made.work = kBad;
    made.tasks = 3;
    made.retries = 1;
    made.program = std::filesystem::read_symlink("/proc/self/exe").string();
    return made;
  }
  static std::vector<Record> parameters() { return {{{"how", "nothing"}}, {{"how", "hang"}}, {{"how", "nothing"}}}; }

  /// The leader of a group of processes.
  pid_t start(Index submission = 1, Index element = 0) const {
    ProcessOptions options;
    options.own_group = true;
    options.log = folder_ / "log";
    options.environment = {{kWorkerVariable, "1"}};
    return start_process({batch_.definition().program, kWorkerWord, "block", batch_.path(), "1",
                          std::to_string(submission), std::to_string(element)},
                         options);
  }
  void wait_until(const std::function<bool()>& condition) const {
    for (int i = 0; i < 500; ++i) {
      if (condition()) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    FAIL() << "not within 10 s; the log: " << log();
  }
  void wait_for_attempt(int attempt) const {
    wait_until(
        [&] { return read_file(batch_.log_path(1, attempt)).value_or("").find("about to hang") != std::string::npos; });
  }
  static pid_t child_of(pid_t process) {
    const std::optional<std::string> children = read_file(fmt::format("/proc/{0}/task/{0}/children", process));
    return std::stoi(children.value_or("-1"));
  }
  std::string log() const { return read_file(folder_ / "log").value_or(""); }

  const TemporaryFolder folder_;
  BatchFolder batch_;
  SlurmSubmissions submissions_;
};

TEST_F(BlockWorker, LeavesNoWordWhenItIsToldToEnd) {
  const pid_t worker = start();
  wait_for_attempt(1);
  // As a cluster does it: to all processes at once.
  ::kill(child_of(worker), SIGTERM);
  ::kill(worker, SIGTERM);
  EXPECT_EQ(wait_for(worker).exit_code, kRequeueCode);
  EXPECT_TRUE(batch_.failures(1).empty());
  EXPECT_TRUE(batch_.is_done(0));
  EXPECT_FALSE(std::filesystem::exists(batch_.task_folder(2)));
  EXPECT_FALSE(std::filesystem::exists(owner_path(batch_, 1, 0)));

  // The same job once more.
  const pid_t again = start();
  wait_for_attempt(2);
  EXPECT_FALSE(std::filesystem::exists(batch_.log_path(0, 2)));
  ::kill(again, SIGTERM);
  EXPECT_EQ(wait_for(again).exit_code, kRequeueCode);
}

TEST_F(BlockWorker, RecordsAnAttemptThatSomebodyElseEnded) {
  const pid_t worker = start();
  wait_for_attempt(1);
  ::kill(child_of(worker), SIGTERM);
  wait_for_attempt(2);
  ASSERT_EQ(batch_.failures(1).size(), 1U);
  EXPECT_THAT(batch_.failures(1)[0].message, HasSubstr("signal 15"));
  ::kill(worker, SIGTERM);
  wait_for(worker);
}

TEST_F(BlockWorker, GivesWayToALaterOne) {
  const pid_t older = start();
  wait_for_attempt(1);
  const pid_t later = start();
  EXPECT_TRUE(wait_for(older).success());
  EXPECT_THAT(log(), HasSubstr("another process has taken over\n"));
  wait_for_attempt(2);
  EXPECT_TRUE(batch_.failures(1).empty());
  ::kill(later, SIGTERM);
  EXPECT_EQ(wait_for(later).exit_code, kRequeueCode);
}

TEST_F(BlockWorker, EndsWithACancelledBatch) {
  const pid_t worker = start();
  wait_for_attempt(1);
  batch_.set_cancelled(true);
  EXPECT_TRUE(wait_for(worker).success());
  EXPECT_FALSE(batch_.is_done(2));
}

TEST_F(BlockWorker, DoesNothingForASubmissionThatIsForgotten) {
  EXPECT_TRUE(wait_for(start(1, 1)).success());
  submissions_.forget(1);
  EXPECT_TRUE(wait_for(start()).success());
  EXPECT_EQ(log(), "this submission has been forgotten\nthis submission has been forgotten\n");
  EXPECT_FALSE(std::filesystem::exists(batch_.task_folder(0)));
}

}  // namespace
}  // namespace tessera::batch
