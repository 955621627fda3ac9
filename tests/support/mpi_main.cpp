/// Runs the same tests on every rank. Rank 0 prints GoogleTest's usual output; other ranks print failures only, tagged
/// with their rank. The program fails when any rank has a failure.

#include <gtest/gtest.h>

#include <cstdio>
#include <memory>

#include "support/mpi_fixture.hpp"
#include "tessera/comm/mpi_environment.hpp"

namespace {

class FailurePrinter : public testing::EmptyTestEventListener {
 public:
  explicit FailurePrinter(int rank) : rank_(rank) {}

 private:
  void OnTestPartResult(const testing::TestPartResult& result) override {
    if (!result.failed()) return;
    std::fprintf(stderr, "[rank %d] %s:%d: %s\n", rank_, result.file_name() ? result.file_name() : "?",
                 result.line_number(), result.message());
  }

  int rank_;
};

}  // namespace

namespace tessera::testing_support {
std::shared_ptr<const Communicator> world_communicator;
}

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  return tessera::run_program(argc, argv, [](const std::shared_ptr<const tessera::Communicator>& world) {
    tessera::testing_support::world_communicator = world;
    auto& listeners = testing::UnitTest::GetInstance()->listeners();
    if (world->rank() != 0) {
      delete listeners.Release(listeners.default_result_printer());
      listeners.Append(new FailurePrinter(world->rank()));
    }
    const int failed = RUN_ALL_TESTS();
    const int any_failed = world->all_max(failed);
    tessera::testing_support::world_communicator.reset();
    return any_failed;
  });
}
