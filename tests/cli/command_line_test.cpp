#include "command_line.hpp"

#include <gtest/gtest.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "support/mpi_fixture.hpp"
#include "tessera/core/error.hpp"

namespace tessera::cli {
namespace {

using testing_support::world;

struct Outcome {
  std::optional<int> exit_code;
  std::string errors;
};

/// Parses as a program with the commands `train` (option --epochs, argument FILE) and `generate flow` would.
Outcome parse(std::vector<std::string> words, int* epochs = nullptr, std::string* file = nullptr) {
  int no_epochs = 0;
  std::string no_file;
  CLI::App program("", "tessera");
  program.require_subcommand(1);
  CLI::App* train = program.add_subcommand("train");
  train->add_option("--epochs", epochs != nullptr ? *epochs : no_epochs);
  train->add_option("FILE", file != nullptr ? *file : no_file);
  program.add_subcommand("generate")->require_subcommand(1)->add_subcommand("flow");
  words.insert(words.begin(), "tessera");
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  testing::internal::CaptureStderr();
  testing::internal::CaptureStdout();
  const auto exit_code = parse_command_line(program, static_cast<int>(arguments.size()), arguments.data(), *world());
  testing::internal::GetCapturedStdout();
  return {exit_code, testing::internal::GetCapturedStderr()};
}

/// What rank 0 says; others say nothing.
std::string on_root(const std::string& text) { return world()->rank() == 0 ? text : ""; }

TEST(ParseCommandLine, LeavesValidWordsToTheProgram) {
  int epochs = 0;
  std::string file;
  EXPECT_EQ(parse({"train", "--epochs", "3", "run.toml"}, &epochs, &file).exit_code, std::nullopt);
  EXPECT_EQ(epochs, 3);
  EXPECT_EQ(file, "run.toml");
  EXPECT_EQ(parse({"train", "--epochs=-4"}, &epochs, &file).exit_code, std::nullopt);
  EXPECT_EQ(epochs, -4);
  EXPECT_EQ(parse({"generate", "flow"}).exit_code, std::nullopt);
}

TEST(ParseCommandLine, HelpIsASuccess) {
  EXPECT_EQ(parse({"--help"}).exit_code, 0);
  EXPECT_EQ(parse({"generate", "flow", "--help"}).exit_code, 0);
}

TEST(ParseCommandLine, SuggestsTheNearestWord) {
  const Outcome option = parse({"train", "--epoch", "3"});
  EXPECT_EQ(option.exit_code, kExitUsage);
  EXPECT_EQ(option.errors, on_root("tessera: unknown option --epoch of `train`; did you mean --epochs?\n"));
  EXPECT_EQ(parse({"trian"}).errors, on_root("tessera: unknown command trian; did you mean train?\n"));
  EXPECT_EQ(parse({"generate", "flwo"}).errors, on_root("tessera: unknown command flwo; did you mean flow?\n"));
}

TEST(ParseCommandLine, RefusesWhatIsMissingOrTooMuch) {
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {}, {"generate"}, {"train", "--epochs"}, {"train", "--epochs", "x"}, {"train", "a", "b"}, {"train", "-x"}}) {
    const Outcome outcome = parse(words);
    EXPECT_EQ(outcome.exit_code, kExitUsage);
    EXPECT_EQ(outcome.errors.empty(), world()->rank() != 0);
  }
}

Outcome run(const Job& job) {
  testing::internal::CaptureStderr();
  const int exit_code = run_job(job, world());
  return {exit_code, testing::internal::GetCapturedStderr()};
}

TEST(RunJob, PassesTheExitCodeOn) {
  EXPECT_EQ(run([](const World&) { return 0; }).exit_code, 0);
  EXPECT_EQ(run([](const World&) { return 1; }).exit_code, 1);
}

TEST(RunJob, ReportsAnErrorOfAllRanksOnce) {
  const Outcome failed = run([](const World&) -> int { throw IoError("no such thing"); });
  EXPECT_EQ(failed.exit_code, kExitFailure);
  EXPECT_EQ(failed.errors, on_root("tessera: IoError: no such thing\n"));
  const Outcome misused = run([](const World&) -> int { throw ConfigError("no such key"); });
  EXPECT_EQ(misused.exit_code, kExitUsage);
  EXPECT_EQ(misused.errors, on_root("tessera: ConfigError: no such key\n"));
}

TEST(RunJob, ReportsDifferentErrorsOfAllRanksEach) {
  if (world()->size() == 1) GTEST_SKIP() << "needs two ranks";
  const std::string who = std::to_string(world()->rank());
  const Outcome outcome = run([&](const World&) -> int { throw ConfigError("met by " + who); });
  EXPECT_EQ(outcome.exit_code, kExitFailure);
  EXPECT_EQ(outcome.errors,
            "tessera: " + (who == "0" ? "" : "rank " + who + ": ") + "ConfigError: met by " + who + "\n");
}

}  // namespace
}  // namespace tessera::cli
