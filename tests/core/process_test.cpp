#include "core/process.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "core/files.hpp"
#include "support/temporary_folder.hpp"
#include "tessera/core/error.hpp"

namespace tessera {
namespace {

using Folder = testing_support::TemporaryFolder;

TEST(Process, TellsHowAProgramEnded) {
  EXPECT_TRUE(run_process({"true"}).success());
  EXPECT_EQ(run_process({"sh", "-c", "exit 7"}).exit_code, 7);
  const ProcessEnd killed = run_process({"sh", "-c", "kill -9 $$"});
  EXPECT_EQ(killed.signal, SIGKILL);
  EXPECT_EQ(killed.describe(), "signal 9 (Killed)");
}

TEST(Process, HasNoShellBetweenItsWords) {
  const ProcessOutput output = output_of({"printf", "%s|", "a b", "$HOME", "*", "'"});
  EXPECT_EQ(output.text, "a b|$HOME|*|'|");
  EXPECT_EQ(command_text({"run", "a b", ""}), "run 'a b' ''");
}

TEST(Process, WorksInItsFolderAndAddsToItsLog) {
  const Folder folder;
  ProcessOptions options;
  options.folder = folder.path();
  options.log = folder / "log";
  options.environment = {{"TESSERA_TEST_WORD", "hello"}};
  run_process({"sh", "-c", "pwd; echo \"$TESSERA_TEST_WORD\" >&2"}, options);
  run_process({"echo", "again"}, options);
  EXPECT_EQ(read_file(folder / "log"), folder.path() + "\nhello\nagain\n");
}

TEST(Process, SaysWhichProgramIsNotThere) {
  try {
    run_process({"tessera-no-such-program"});
    FAIL();
  } catch (const IoError& error) {
    EXPECT_STREQ(error.what(), "cannot start tessera-no-such-program: No such file or directory");
  }
  ProcessOptions options;
  options.folder = "/no such folder";
  EXPECT_THROW(run_process({"true"}, options), IoError);
}

TEST(Process, HandsOnWhatStandardErrorSays) {
  EXPECT_EQ(output_of({"sh", "-c", "echo out; echo err >&2"}).text, "out\nerr\n");
}

TEST(Process, IsNotHandedVariablesThatAreHeldBack) {
  ::setenv("TESSERA_CHILD_ONE", "1", 1);
  ::setenv("TESSERA_OTHER", "2", 1);
  const Folder folder;
  ProcessOptions options;
  options.log = folder / "log";
  options.without = {"TESSERA_CHILD_", "OMPI_"};
  run_process({"sh", "-c", "echo $TESSERA_CHILD_ONE-$TESSERA_OTHER"}, options);
  EXPECT_EQ(read_file(folder / "log"), "-2\n");
  ::unsetenv("TESSERA_CHILD_ONE");
  ::unsetenv("TESSERA_OTHER");
}

TEST(Process, InheritsNoOpenFiles) {
  const int file = ::dup(STDIN_FILENO);
  ASSERT_GE(file, 0);
  EXPECT_EQ(run_process({"test", "-e", "/proc/self/fd/" + std::to_string(file)}).exit_code, 1);
  ::close(file);
}

TEST(Process, FindsProgramsInPathUnlessTheNameHasASlash) {
  EXPECT_TRUE(find_program("sh").ends_with("/sh"));
  EXPECT_EQ(find_program("/bin/sh"), "/bin/sh");
  for (const char* name : {"", "no-such-program", "/bin", "/etc/passwd", "/nowhere/sh"}) {
    EXPECT_EQ(find_program(name), "") << name;
  }
}

TEST(Files, AreReplacedAndExtendedWhole) {
  const Folder folder;
  const std::string path = folder / "file";
  EXPECT_EQ(read_file(path), std::nullopt);
  write_file(path, "one");
  write_file(path, "two");
  append_to_file(path, "+");
  EXPECT_EQ(read_file(path), "two+");
  // No temporaries are left.
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
  EXPECT_THROW(write_file(folder / "file/below", "x"), IoError);
}

}  // namespace
}  // namespace tessera
