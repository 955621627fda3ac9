/// Runs the same tests on every rank. Rank 0 prints GoogleTest's usual output; other ranks print failures only, tagged
/// with their rank. The program fails when any rank has a failure.
///
/// With TESSERA_TEST_DEVICE=cuda in the environment the same tests run with tensors on CUDA devices, several ranks to a
/// device where there are not enough; without one the program says "skipped: no device" and ends.
///
/// Batches start the program once more, as a worker.

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "support/mpi_fixture.hpp"
#include "tessera/batch/task.hpp"
#include "tessera/comm/placement.hpp"

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

bool on_cuda() {
  const char* device = std::getenv("TESSERA_TEST_DEVICE");
  return device != nullptr && std::string(device) == "cuda";
}

std::shared_ptr<const tessera::Communicator> with_device(const std::shared_ptr<const tessera::Communicator>& world) {
  const auto device = tessera::Device::cuda(tessera::node_of(*world).rank());
  return std::make_shared<const tessera::Communicator>(world->on(device));
}

}  // namespace

namespace tessera::testing_support {
std::shared_ptr<const Communicator> world_communicator;
}

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  return tessera::batch::run_program(argc, argv, [](const std::shared_ptr<const tessera::Communicator>& world) {
    if (on_cuda() && tessera::device_count() == 0) {
      if (world->rank() == 0) std::printf("skipped: no device: %s\n", tessera::why_no_device().c_str());
      return 0;
    }
    tessera::testing_support::world_communicator = on_cuda() ? with_device(world) : world;
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
