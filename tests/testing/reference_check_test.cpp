#include "tessera/testing/reference_check.hpp"

#include <gtest/gtest.h>

#include "support/mpi_fixture.hpp"
#include "support/partitions.hpp"
#include "tessera/core/error.hpp"

namespace tessera {
namespace {

using testing_support::all_partitions;
using testing_support::world;

std::string reference(const std::string& name) { return std::string(TESSERA_TEST_DATA) + "/" + name + ".h5"; }

class ReferenceCase : public testing::TestWithParam<const char*> {};

TEST_P(ReferenceCase, IsReproducedInDoubleOnEveryPartition) {
  const std::string path = reference(GetParam());
  const auto model = read_reference_model(path, world());
  for (const Shape& partition : all_partitions(world()->size(), model.config.grid.size() + 2)) {
    SCOPED_TRACE("partition " + to_string(partition));
    const auto report = check_reference<double>(path, world(), partition);
    EXPECT_LT(report.max, 1e-12);
  }
}

TEST_P(ReferenceCase, IsReproducedInFloat) {
  const std::string path = reference(GetParam());
  const auto axes = read_reference_model(path, world()).config.grid.size() + 2;
  for (std::size_t axis = 0; axis < axes; ++axis) {
    Shape partition(axes, 1);
    partition[axis] = world()->size();
    EXPECT_LT(check_reference<float>(path, world(), partition).max, 1e-4) << to_string(partition);
  }
}

TEST_P(ReferenceCase, IsReproducedBySchedulesOfOtherSystems) {
  const std::string path = reference(GetParam());
  const auto axes = read_reference_model(path, world()).config.grid.size() + 2;
  Shape partition(axes, 1);
  partition[2] = world()->size();
  EXPECT_LT(check_reference<double>(path, world(), partition, Schedule::partial_sums).max, 1e-12);
  if (axes < 4) return;  // both move ranks between two grid axes
  EXPECT_LT(check_reference<double>(path, world(), partition, Schedule::grady).max, 1e-12);
  EXPECT_LT(check_reference<double>(path, world(), partition, Schedule::witte).max, 1e-12);
}

INSTANTIATE_TEST_SUITE_P(Files, ReferenceCase,
                         testing::Values("fno1d_full", "fno2d", "fno3d", "fno4d_even", "fno4d_odd"));

TEST(ReferenceCheck, RanksBeyondTheModesTakePart) {
  if (world()->size() < 4) return;
  // fno4d_odd keeps 2 modes on its second grid axis and has extents 7 and 5.
  Shape partition{1, 1, 1, world()->size(), 1, 1};
  EXPECT_LT(check_reference<double>(reference("fno4d_odd"), world(), partition).max, 1e-12);
}

TEST(ReferenceCheck, AWrongPartitionIsRefused) {
  EXPECT_THROW(check_reference<double>(reference("fno2d"), world(), {1, 1, world()->size() + 1, 1}), PartitionError);
  EXPECT_THROW(check_reference<double>(reference("fno2d"), world(), {1, 1, 1}), PartitionError);
}

TEST(ReferenceCheck, AMissingFileIsNamed) {
  try {
    check_reference<double>(reference("no_such_case"), world(), {1, 1, 1, world()->size()});
    ADD_FAILURE() << "no error";
  } catch (const IoError& error) {
    EXPECT_NE(std::string(error.what()).find("no_such_case"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace tessera
