#include "tessera/core/device.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "tessera/core/byte_count.hpp"
#include "tessera/core/device_memory_use.hpp"
#include "tessera/core/error.hpp"
#include "tessera/core/event.hpp"
#include "tessera/core/pinned_buffer.hpp"
#include "tessera/core/stream.hpp"

namespace tessera {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;
using testing::ThrowsMessage;

TEST(Device, ThereIsAReasonExactlyWhereNoneIsUsable) {
  EXPECT_GE(device_count(), 0);
  EXPECT_EQ(device_count() == 0, !why_no_device().empty()) << why_no_device();
}

TEST(Device, TheReasonTellsABuildWithoutCudaFromAMissingDriverOrDevice) {
  if (device_count() > 0) GTEST_SKIP() << "a device is usable";
  EXPECT_THAT(why_no_device(), testing::ContainsRegex("without CUDA|driver|cudaGetDeviceCount"));
}

TEST(Device, WhatNeedsADeviceThrowsWhereNoneIsUsable) {
  if (device_count() > 0) GTEST_SKIP() << "a device is usable";
  const auto says = [](const std::string& operation) {
    return ThrowsMessage<CudaError>(AllOf(StartsWith(operation + ": no CUDA device"), HasSubstr(why_no_device())));
  };
  EXPECT_THAT([] { require_device("MyOperation"); }, says("MyOperation"));
  EXPECT_THAT([] { select_device(0); }, says("select_device"));
  EXPECT_THAT([] { current_device(); }, says("current_device"));
  EXPECT_THAT([] { device_memory_use(); }, says("device_memory_use"));
  EXPECT_THAT([] { reset_device_memory_peak(); }, says("reset_device_memory_peak"));
  EXPECT_THAT([] { Stream(); }, says("Stream"));
  EXPECT_THAT([] { Event(); }, says("Event"));
  EXPECT_THAT([] { PinnedBuffer<float>(8); }, says("PinnedBuffer"));
}

TEST(Device, ANegativeLocalRankIsRefusedFirst) { EXPECT_THROW(select_device(-1), ArgumentError); }

TEST(ByteCount, RefusesWhatIsNegativeOrTooLarge) {
  EXPECT_EQ(detail::bytes_of(0, 8), 0u);
  EXPECT_EQ(detail::bytes_of(5, 8), 40u);
  EXPECT_THROW(detail::bytes_of(-1, 8), ArgumentError);
  EXPECT_THROW(detail::bytes_of(std::numeric_limits<Index>::max(), 16), ArgumentError);
}

}  // namespace
}  // namespace tessera
