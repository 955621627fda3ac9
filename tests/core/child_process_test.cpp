#include "src/core/child_process.hpp"

#include <gmock/gmock.h>
#include <stdlib.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tessera/core/error.hpp"

namespace tessera {
namespace {

using testing::HasSubstr;

class ChildProcess : public testing::Test {
 protected:
  ChildProcess() {
    std::string name = (std::filesystem::temp_directory_path() / "tessera child XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~ChildProcess() override { std::filesystem::remove_all(folder_); }

  std::string output() const { return (folder_ / "output.txt").string(); }
  std::string content() const {
    std::ifstream stream(output());
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  }
  ChildExit run(const std::string& script, const std::vector<std::string>& environment = {}) const {
    return run_child({"/bin/sh", "-c", script}, environment, output());
  }

  std::filesystem::path folder_;
};

TEST_F(ChildProcess, ArgumentsArriveAsTheyAreAndOutputsGoToTheFile) {
  const ChildExit exit = run_child(
      {"/bin/sh", "-c", "printf '[%s]' \"$@\"; echo error >&2; cat", "sh", "a b", "$HOME", "'\"*", ""}, {}, output());
  EXPECT_EQ(exit.status, 0);
  EXPECT_EQ(exit.signal, 0);
  EXPECT_EQ(content(), "[a b][$HOME]['\"*][]error\n");
}

TEST_F(ChildProcess, TellsHowItEnded) {
  EXPECT_EQ(run("exit 7").status, 7);
  EXPECT_EQ(run("kill -TERM $$").signal, SIGTERM);
  EXPECT_THROW(run_child({"/nowhere/program"}, {}, output()), IoError);
  EXPECT_THROW(run_child({"/bin/sh"}, {}, "/nowhere/output"), IoError);
}

TEST_F(ChildProcess, GetsTheEnvironmentGivenToIt) {
  setenv("TESSERA_CHILD_ONE", "1", 1);
  setenv("TESSERA_OTHER", "2", 1);
  run("echo $TESSERA_CHILD_ONE-$TESSERA_OTHER", environment_without({"TESSERA_CHILD_", "OMPI_"}));
  EXPECT_EQ(content(), "-2\n");
  unsetenv("TESSERA_CHILD_ONE");
  unsetenv("TESSERA_OTHER");
}

TEST_F(ChildProcess, FilesOfTheParentStayItsOwn) {
  const int file = dup(STDIN_FILENO);
  ASSERT_GE(file, 0);
  EXPECT_EQ(run("test -e /proc/self/fd/" + std::to_string(file)).status, 1);
  close(file);
}

TEST_F(ChildProcess, ProgramsAreFoundInPathUnlessTheNameHasASlash) {
  EXPECT_THAT(find_program("sh"), HasSubstr("/sh"));
  EXPECT_EQ(find_program("/bin/sh"), "/bin/sh");
  for (const char* name : {"", "no-such-program", "/bin", "/etc/passwd", "/nowhere/sh"}) {
    EXPECT_EQ(find_program(name), "") << name;
  }
}

}  // namespace
}  // namespace tessera
