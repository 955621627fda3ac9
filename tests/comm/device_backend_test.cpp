#include "tessera/comm/device_backend.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/mpi_fixture.hpp"
#include "tessera/comm/device_communicator.hpp"

namespace tessera {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;
using testing::ThrowsMessage;
using testing_support::world;

const std::string kEvidence = "what MPI says";

DeviceFacts facts(std::string nccl_missing, std::string shared, bool mpi_direct) {
  return {std::move(nccl_missing), std::move(shared), mpi_direct, kEvidence};
}

TEST(ChooseRoute, AutomaticTakesNcclWhereEveryRankHasADevice) {
  for (const bool mpi_direct : {false, true}) {
    const DeviceChoice choice = choose_route(DeviceBackend::automatic, facts("", "", mpi_direct));
    EXPECT_EQ(choice.route, DeviceRoute::nccl);
    EXPECT_EQ(choice.reason, "every rank has its own device");
  }
}

TEST(ChooseRoute, AutomaticTakesMpiWhereNcclCannotBeUsedAndSaysWhy) {
  for (const auto& found :
       {facts("no NCCL here", "", false), facts("", "ranks 0 and 1 compute on one device", false)}) {
    const DeviceChoice choice = choose_route(DeviceBackend::automatic, found);
    EXPECT_EQ(choice.route, DeviceRoute::mpi_staged);
    EXPECT_EQ(choice.reason, "not nccl, since " + found.nccl_missing + found.shared_device + "; " + kEvidence);
  }
  EXPECT_EQ(choose_route(DeviceBackend::automatic, facts("no NCCL here", "", true)).route, DeviceRoute::mpi_direct);
}

TEST(ChooseRoute, MpiGoesDirectlyOnlyWhereThatWasSeenToWork) {
  EXPECT_EQ(choose_route(DeviceBackend::mpi, facts("", "", true)).route, DeviceRoute::mpi_direct);
  const DeviceChoice staged = choose_route(DeviceBackend::mpi, facts("", "", false));
  EXPECT_EQ(staged.route, DeviceRoute::mpi_staged);
  EXPECT_EQ(staged.reason, "mpi was asked for; " + kEvidence);
}

TEST(ChooseRoute, NcclIsTakenOrRefusedWithTheReason) {
  EXPECT_EQ(choose_route(DeviceBackend::nccl, facts("", "", true)).route, DeviceRoute::nccl);
  EXPECT_THAT([] { choose_route(DeviceBackend::nccl, facts("no NCCL here", "", true)); },
              ThrowsMessage<NcclError>("backend nccl: no NCCL here; use backend mpi"));
  EXPECT_THAT([] { choose_route(DeviceBackend::nccl, facts("", "ranks 0 and 1 compute on one device", true)); },
              ThrowsMessage<NcclError>("backend nccl: ranks 0 and 1 compute on one device; use backend mpi"));
}

TEST(ChooseRoute, ReasonsAreOneLine) {
  for (const DeviceBackend asked : {DeviceBackend::automatic, DeviceBackend::mpi, DeviceBackend::nccl}) {
    EXPECT_EQ(choose_route(asked, facts("", "", false)).reason.find('\n'), std::string::npos);
  }
  EXPECT_EQ(to_string(DeviceRoute::nccl), "nccl");
  EXPECT_EQ(to_string(DeviceRoute::mpi_direct), "mpi on device memory");
  EXPECT_EQ(to_string(DeviceRoute::mpi_staged), "mpi staged through pinned host memory");
}

TEST(SharedDevice, NamesTheFirstTwoRanksOfOne) {
  EXPECT_EQ(shared_device({}), "");
  EXPECT_EQ(shared_device({{1, 2}, {2, 1}, {1, 1}}), "");
  EXPECT_EQ(shared_device({{1, 2}, {3, 4}, {1, 2}, {3, 4}}), "ranks 0 and 2 compute on one device");
}

TEST(Nccl, HasAVersionOrAReasonWhyItIsMissing) { EXPECT_NE(nccl_version().empty(), why_no_nccl().empty()); }

TEST(MpiAnswer, SaysHowItWasFoundOut) { EXPECT_THAT(ask_mpi_about_cuda().text, HasSubstr("MPIX_Query_cuda_support")); }

TEST(DeviceCommunicator, ThrowsOnEveryRankWhereNoDeviceIsUsable) {
  const bool anybody_has_one = world()->all_max(device_count()) > 0;
  if (anybody_has_one) GTEST_SKIP() << "a device is usable";
  for (const DeviceBackend backend : {DeviceBackend::automatic, DeviceBackend::mpi, DeviceBackend::nccl}) {
    EXPECT_THAT([&] { DeviceCommunicator(world(), backend); },
                ThrowsMessage<CudaError>(
                    AllOf(StartsWith("DeviceCommunicator: no CUDA device is usable"), HasSubstr(why_no_device()))));
  }
  EXPECT_THROW(find_device_facts(*world()), CudaError);
}

}  // namespace
}  // namespace tessera
