#include <stdexcept>

#include "support/mpi_fixture.hpp"
#include "tessera/comm/communicator.hpp"

namespace tessera {
namespace {

using testing_support::world;

/// Type and text of what `body` throws, as seen by this rank; checked to be alike on all ranks.
template <class Body>
std::string error_of(Body&& body) {
  std::string seen = "no error";
  try {
    body();
  } catch (const Error& error) {
    seen = std::string(error_kind_name(error.kind())) + ": " + error.what();
  }
  EXPECT_EQ(seen, world()->broadcast(seen, 0));
  return seen;
}

std::string on_rank(int rank) {
  if (world()->size() == 1) return "";
  return " (on rank " + std::to_string(rank) + " of " + std::to_string(world()->size()) + ")";
}

TEST(Agree, IsSilentWhenNoRankFails) {
  EXPECT_EQ(error_of([] { world()->agree(std::nullopt); }), "no error");
  int calls = 0;
  EXPECT_EQ(error_of([&] { world()->together([&] { ++calls; }); }), "no error");
  EXPECT_EQ(calls, 1);
}

TEST(Agree, MakesAFailureOfOneRankAFailureOfAll) {
  for (int failing = 0; failing < world()->size(); ++failing) {
    const auto seen = error_of([&] {
      world()->together([&] {
        if (world()->rank() == failing) throw IoError("cannot read 'a.h5'");
      });
    });
    EXPECT_EQ(seen, "IoError: cannot read 'a.h5'" + on_rank(failing));
  }
}

TEST(Agree, ReportsTheLowestFailingRank) {
  const auto seen = error_of([] {
    std::optional<Failure> failure;
    if (world()->rank() > 0 || world()->size() == 1) {
      failure = Failure{ErrorKind::config, "rank " + std::to_string(world()->rank())};
    }
    world()->agree(failure);
  });
  const int lowest = world()->size() == 1 ? 0 : 1;
  EXPECT_EQ(seen, "ConfigError: rank " + std::to_string(lowest) + on_rank(lowest));
}

TEST(Agree, KeepsTheTypeOfEveryKindOfError) {
  const auto throws = [](ErrorKind kind) { world()->agree(Failure{kind, "text"}); };
  EXPECT_THROW(throws(ErrorKind::argument), ArgumentError);
  EXPECT_THROW(throws(ErrorKind::shape), ShapeError);
  EXPECT_THROW(throws(ErrorKind::partition), PartitionError);
  EXPECT_THROW(throws(ErrorKind::mpi), MpiError);
  EXPECT_THROW(throws(ErrorKind::cuda), CudaError);
  EXPECT_THROW(throws(ErrorKind::nccl), NcclError);
  EXPECT_THROW(throws(ErrorKind::fft), FftError);
  EXPECT_THROW(throws(ErrorKind::io), IoError);
  EXPECT_THROW(throws(ErrorKind::config), ConfigError);
  EXPECT_THROW(throws(ErrorKind::numeric), NumericError);
}

TEST(Agree, TellsOtherExceptionsAsArgumentErrors) {
  const auto seen = error_of([] { world()->together([] { throw std::out_of_range("too far"); }); });
  EXPECT_EQ(seen, "ArgumentError: too far" + on_rank(0));
}

TEST(Agree, LeavesTheCommunicatorUsable) {
  EXPECT_THROW(world()->together([] { throw IoError("gone"); }), IoError);
  EXPECT_EQ(world()->all_max(world()->rank()), world()->size() - 1);
}

}  // namespace
}  // namespace tessera
