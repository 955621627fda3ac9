#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "batch/test_tasks.hpp"
#include "support/mpi_fixture.hpp"
#include "support/temporary_folder.hpp"
#include "tessera/batch/batch.hpp"

namespace tessera::batch {
namespace {

using tessera::testing_support::TemporaryFolder;
using tessera::testing_support::world;
using namespace testing_support;

/// Rank 0's folder, on all ranks.
class SharedFolder {
 public:
  SharedFolder() : path_(world()->broadcast(own_.path(), 0)) {}
  ~SharedFolder() { world()->barrier(); }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  TemporaryFolder own_;
  std::string path_;
};

TEST(MpiEngine, GivesTasksToGroupsOfRanks) {
  const SharedFolder folder;
  const int ranks = world()->size() >= 4 ? 2 : 1;
  Batch batch(folder / "b", mpi_engine(world()), {.ranks = ranks});
  const auto futures = batch.map(kRanks, numbered(7));
  EXPECT_EQ(batch.wait_all(), 0);
  for (const Future& future : futures) {
    EXPECT_EQ(future.fetch().get<Index>("ranks"), ranks);
    EXPECT_EQ(future.fetch().get<Index>("sum"), ranks == 2 ? 3 : 1);
    EXPECT_EQ(future.use().ranks, ranks);
  }
}

TEST(MpiEngine, RetriesAndGoesOn) {
  const SharedFolder folder;
  std::vector<Record> parameters = numbered(5);
  parameters[3].set("succeeds_at", 3);
  for (const Index failed : {1, 0}) {
    Batch batch(folder / "b", mpi_engine(world()), {.retries = 1});
    const auto futures = batch.map(kSquare, parameters);
    EXPECT_EQ(batch.wait_all(), failed);
    EXPECT_EQ(futures[4].fetch().get<Index>("attempt"), 1);
    if (failed == 0) EXPECT_EQ(futures[3].fetch().get<Index>("attempt"), 3);
    if (failed == 1) EXPECT_THROW(futures[3].fetch(), IoError);
  }
}

TEST(MpiEngine, RefusesMoreRanksThanThereAre) {
  const SharedFolder folder;
  Batch batch(folder / "b", mpi_engine(world()), {.ranks = world()->size() + 1});
  EXPECT_THROW(batch.map(kRanks, numbered(1)), ConfigError);
}

TEST(LocalEngine, MayBeDrivenByARankOfAnMpiProgram) {
  const SharedFolder folder;
  if (world()->rank() == 0) {
    Batch batch(folder / "b", local_engine({1}), {.retries = 0});
    EXPECT_EQ(batch.map(kRanks, numbered(1))[0].fetch().get<Index>("ranks"), 1);
  }
  world()->barrier();
}

}  // namespace
}  // namespace tessera::batch
