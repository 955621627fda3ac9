#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "batch/test_tasks.hpp"
#include "support/temporary_folder.hpp"
#include "tessera/batch/batch.hpp"

namespace tessera::batch {
namespace {

using tessera::testing_support::TemporaryFolder;
using namespace testing_support;
using testing::HasSubstr;

std::string contents(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

template <class Body>
std::string error_of(Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    return std::string(error_kind_name(error.kind())) + ": " + error.what();
  }
  return "no error";
}

TEST(LocalEngine, MapsATaskOverParameters) {
  const TemporaryFolder folder;
  Batch batch(folder / "squares", local_engine());
  const auto futures = batch.map(kSquare, numbered(40));
  ASSERT_EQ(futures.size(), 40U);
  for (const Future& future : futures) {
    EXPECT_EQ(future.fetch().get<double>("y"), static_cast<double>(future.index() * future.index()));
    EXPECT_EQ(contents(future.folder() + "/note"), "square of task " + std::to_string(future.index()));
    EXPECT_TRUE(future.ready());
  }
  EXPECT_EQ(batch.wait_all(), 0);
}

TEST(LocalEngine, HandsOverWhateverIsReadyFirst) {
  const TemporaryFolder folder;
  Batch batch(folder / "squares", local_engine({2}));
  std::vector<Future> open = batch.map(kSquare, numbered(9));
  double total = 0.0;
  while (!open.empty()) {
    const Index which = wait_any(open);
    total += open[static_cast<std::size_t>(which)].fetch().get<double>("y");
    open.erase(open.begin() + which);
  }
  EXPECT_EQ(total, 204.0);
  EXPECT_THROW(wait_any({}), ArgumentError);
}

TEST(LocalEngine, RetriesWhatFails) {
  const TemporaryFolder folder;
  Batch batch(folder / "b", local_engine(), {.retries = 2});
  const auto futures = batch.map(kSquare, {{{"x", 3}, {"succeeds_at", 3}}, {{"x", 3}, {"succeeds_at", 4}}});
  EXPECT_EQ(futures[0].fetch().get<Index>("attempt"), 3);
  EXPECT_THAT(error_of([&] { futures[1].fetch(); }), HasSubstr("too early"));
  EXPECT_EQ(batch.wait_all(), 1);
}

TEST(LocalEngine, KeepsTheLogsOfWhatFailed) {
  const TemporaryFolder folder;
  Batch batch(folder / "b", local_engine(), {.time_limit = 1.0, .retries = 1});
  const auto futures = batch.map(
      kBad, {{{"how", "throw"}}, {{"how", "abort"}}, {{"how", "exit"}}, {{"how", "hang"}}, {{"how", "nothing"}}});
  const char* expected[] = {"NumericError: the pressure is negative", "its process ended by signal 6 (Aborted)",
                            "its process ended by exit code 5", "not finished after 1 s"};
  for (std::size_t i = 0; i < 4; ++i) {
    const std::string error = error_of([&] { futures[i].fetch(); });
    EXPECT_THAT(error, HasSubstr("IoError: task " + std::to_string(i) + " of "));
    EXPECT_THAT(error, HasSubstr("attempt 2 on "));
    EXPECT_THAT(error, HasSubstr(expected[i]));
    for (const char* attempt : {"1", "2"}) {
      EXPECT_THAT(contents(futures[i].folder() + "/attempt-" + attempt + ".log"), HasSubstr("about to "));
      EXPECT_EQ(contents(futures[i].folder() + "/scratch-" + attempt + "/deck"), "input");
    }
    EXPECT_FALSE(std::filesystem::exists(futures[i].folder() + "/attempt-3.log"));
  }
  EXPECT_EQ(futures[4].fetch(), Record{});
  EXPECT_FALSE(std::filesystem::exists(futures[4].folder() + "/scratch-1"));
}

TEST(LocalEngine, DoesOnlyWhatIsMissing) {
  const TemporaryFolder folder;
  {
    Batch batch(folder / "b", local_engine(), {.retries = 0});
    const auto futures = batch.map(kSquare, {{{"x", 2}}, {{"x", 3}, {"succeeds_at", 2}}});
    EXPECT_EQ(batch.wait_all(), 1);
    const BatchStatus status = batch_status(folder / "b");
    EXPECT_EQ(status.done, 1);
    EXPECT_EQ(status.failed, 1);
    ASSERT_EQ(status.failures.size(), 1U);
    EXPECT_EQ(status.failures[0].first, 1);
    EXPECT_NE(status.driver, "");
  }
  const auto written = std::filesystem::last_write_time(folder / "b/tasks/000000/result");
  Batch batch = Batch::reopen(folder / "b");
  const auto futures = batch.resume();
  EXPECT_EQ(futures[1].fetch().get<double>("y"), 9.0);
  EXPECT_EQ(futures[0].fetch().get<double>("y"), 4.0);
  EXPECT_EQ(std::filesystem::last_write_time(folder / "b/tasks/000000/result"), written);
  EXPECT_FALSE(std::filesystem::exists(folder / "b/tasks/000000/attempt-2.log"));
}

TEST(LocalEngine, DoesADamagedResultAgain) {
  const TemporaryFolder folder;
  { Batch(folder / "b", local_engine()).map(kSquare, numbered(2))[1].wait(); }
  std::filesystem::resize_file(folder / "b/tasks/000001/result", 60);
  Batch batch(folder / "b", local_engine());
  EXPECT_EQ(batch.map(kSquare, numbered(2))[1].fetch().get<Index>("attempt"), 2);
}

TEST(LocalEngine, RefusesOtherWorkInTheSameFolder) {
  const TemporaryFolder folder;
  Batch batch(folder / "b", local_engine());
  batch.map(kSquare, numbered(2));
  batch.wait_all();
  EXPECT_THAT(error_of([&] { batch.map(kSquare, numbered(3)); }), HasSubstr("other tasks or parameters"));
  EXPECT_THAT(error_of([&] { batch.map(kSum, numbered(2)); }), HasSubstr("other tasks or parameters"));
  EXPECT_THAT(error_of([&] { Batch(folder / "b", local_engine()); }), HasSubstr("works on this batch already"));
  EXPECT_THAT(error_of([&] { Batch::reopen(folder / "c"); }), HasSubstr("IoError: "));
}

TEST(LocalEngine, SaysThatAFunctionIsNotRegistered) {
  const TemporaryFolder folder;
  Batch batch(folder / "b", local_engine(), {.retries = 0});
  const auto futures = batch.map(Work::of_function("no-such-task"), numbered(1));
  EXPECT_THAT(error_of([&] { futures[0].fetch(); }), HasSubstr("no task 'no-such-task' is registered"));
}

TEST(LocalEngine, MeasuresWhatATaskTakes) {
  const TemporaryFolder folder;
  Batch batch(folder / "b", local_engine({1}), {.threads = 2});
  const auto futures =
      batch.map(kBusy, {{{"seconds", 0.2}, {"bytes", Index{200} << 20}}, {{"seconds", 0.0}, {"bytes", 1}}});
  const TaskUse busy = futures[0].use();
  EXPECT_GE(busy.cpu_seconds, 0.19);
  EXPECT_GE(busy.wall_seconds, 0.19);
  EXPECT_GE(busy.peak_memory, Index{200} << 20);
  EXPECT_EQ(busy.threads, 2);
  EXPECT_EQ(futures[0].fetch().get<Index>("threads"), 2);
  const TaskUse idle = futures[1].use();
  EXPECT_LT(idle.cpu_seconds, 0.1);
  EXPECT_LT(idle.peak_memory, Index{150} << 20);
  EXPECT_EQ(batch_use(folder / "b").size(), 2U);
}

TEST(LocalEngine, SharesDataAmongTasks) {
  const TemporaryFolder folder;
  Batch batch(folder / "b", local_engine(), {.retries = 0});
  const Reference data = batch.broadcast(std::string(100000, '\x02'));
  EXPECT_EQ(batch.broadcast(std::string(100000, '\x02')), data);
  std::ofstream(folder / "file") << "abc";
  const Reference file = batch.broadcast_file(folder / "file");
  const Reference absent{std::string(32, '0'), 3};
  const auto futures = batch.map(kSum, {{{"data", data}}, {{"data", file}}, {{"data", absent}}});
  EXPECT_EQ(futures[0].fetch().get<Index>("sum"), 200000);
  EXPECT_EQ(futures[1].fetch().get<Index>("sum"), 'a' + 'b' + 'c');
  EXPECT_THAT(error_of([&] { futures[2].fetch(); }), HasSubstr("No such file"));
}

TEST(LocalEngine, RunsCommands) {
  const TemporaryFolder folder;
  Batch batch(folder / "b", local_engine(), {.retries = 0});
  // The shell's words, not a text put into its program.
  const std::string program =
      "echo \"$1\" and $OMP_NUM_THREADS; pwd; echo \"{\\\"twice\\\": $((2 * $3))}\" > \"$2/result.json\"; exit $4";
  const Work work = Work::of_command({"sh", "-c", program, "sh", "{words} of {index}", "{folder}", "{n}", "{code}"});
  const auto futures =
      batch.map(work, {{{"n", 21}, {"words", "two words"}, {"code", 0}}, {{"n", 1}, {"words", ""}, {"code", 3}}});
  EXPECT_EQ(futures[0].fetch().get<Index>("twice"), 42);
  const std::string log = contents(futures[0].folder() + "/attempt-1.log");
  EXPECT_THAT(log, HasSubstr("two words of 0 and 1\n"));
  EXPECT_THAT(log, HasSubstr(futures[0].folder() + "/scratch-1\n"));
  EXPECT_THAT(error_of([&] { futures[1].fetch(); }), HasSubstr("exit code 3"));
}

TEST(LocalEngine, StartsTasksOfSeveralRanks) {
  const TemporaryFolder folder;
  Batch batch(folder / "b", local_engine({1}), {.ranks = 2, .retries = 0});
  const auto futures = batch.map(kRanks, {{{"x", 0}}, {{"x", 1}, {"failing", 1}}});
  EXPECT_EQ(futures[0].fetch().get<Index>("sum"), 3);
  EXPECT_EQ(futures[0].use().ranks, 2);
  EXPECT_THAT(error_of([&] { futures[1].fetch(); }), HasSubstr("NumericError: "));
}

TEST(LocalEngine, GivesALoneTaskACommunicator) {
  const TemporaryFolder folder;
  Batch batch(folder / "b", local_engine(), {.retries = 0});
  const Record result = batch.map(kRanks, numbered(1))[0].fetch();
  EXPECT_EQ(result.get<Index>("ranks"), 1);
}

TEST(LocalEngine, EndsWhenItIsCancelled) {
  const TemporaryFolder folder;
  Batch batch(folder / "b", local_engine({1}));
  const auto futures = batch.map(kBad, {{{"how", "nothing"}}, {{"how", "hang"}}});
  futures[0].wait();
  cancel_batch(folder / "b");
  EXPECT_THAT(error_of([&] { futures[1].wait(); }), HasSubstr("cancelled"));
  EXPECT_TRUE(batch_status(folder / "b").cancelled);
}

TEST(LocalEngine, RefusesSettingsThatMakeNoSense) {
  const TemporaryFolder folder;
  EXPECT_THROW(local_engine({-1}), ConfigError);
  EXPECT_THROW(Batch(folder / "b", local_engine(), {.ranks = 0}), ConfigError);
  EXPECT_THROW(Batch(folder / "b", local_engine(), {.time_limit = -1.0}), ConfigError);
  EXPECT_THROW(Batch(folder / "b", local_engine()).map({}, numbered(1)), ArgumentError);
  EXPECT_THROW(register_task("test-square", {}), ArgumentError);
  EXPECT_THROW(register_task("a name", {}), ArgumentError);
}

}  // namespace
}  // namespace tessera::batch
