#include <gmock/gmock.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <utility>

#include "tessera/core/device_memory_use.hpp"
#include "tessera/core/error.hpp"
#include "tessera/core/event.hpp"
#include "tessera/core/pinned_buffer.hpp"
#include "tests/kernels_cuda/on_device.hpp"

namespace tessera {
namespace {

class DeviceMemory : public test::OnDevice {};

TEST_F(DeviceMemory, LocalRanksGoRoundTheDevices) {
  const int count = device_count();
  for (int rank = 2 * count; rank >= 0; --rank) EXPECT_EQ(select_device(rank), rank % count);
}

TEST_F(DeviceMemory, TheCurrentDeviceIsTheSelectedOne) {
  const int number = select_device(device_count() - 1);
  const DeviceProperties device = current_device();
  EXPECT_EQ(device.number, number);
  EXPECT_FALSE(device.name.empty());
  EXPECT_GT(device.bytes, 0);
  EXPECT_NE(device.identity, (std::array<Index, 2>{}));
  EXPECT_EQ(current_device().identity, device.identity);
}

TEST_F(DeviceMemory, AnEventMeansTheWorkBeforeItsMark) {
  constexpr Index kCount = 1 << 20;
  Event event;
  EXPECT_TRUE(event.done());
  PinnedBuffer<double> sent(kCount), received(kCount);
  std::fill(sent.data(), sent.data() + kCount, 2.5);
  DeviceBuffer<double> there(stream(), kCount);
  copy_async(stream(), kCount, std::as_const(sent).data(), there.data());
  copy_async(stream(), kCount, std::as_const(there).data(), received.data());
  event.record(stream());
  event.wait();
  EXPECT_TRUE(event.done());
  EXPECT_EQ(received.data()[kCount - 1], 2.5);
  stream().synchronize();
  EXPECT_TRUE(stream().done());
}

TEST_F(DeviceMemory, AnEventHoldsAnotherStream) {
  constexpr Index kCount = 1 << 20;
  const Stream other;
  Event event;
  PinnedBuffer<double> sent(kCount), received(kCount);
  std::iota(sent.data(), sent.data() + kCount, 1.0);
  DeviceBuffer<double> there(stream(), kCount);
  copy_async(stream(), kCount, std::as_const(sent).data(), there.data());
  event.record(stream());
  event.hold(other);
  copy_async(other, kCount, std::as_const(there).data(), received.data());
  other.synchronize();
  EXPECT_EQ(received.data()[0], 1.0);
  EXPECT_EQ(received.data()[kCount - 1], static_cast<double>(kCount));
  stream().synchronize();
}

/// Gives up when it is asked for the second time.
class Impatient final : public Device::Watch {
 public:
  void check() override {
    if (++asked_ > 1) throw NcclError("rank 3 is gone");
  }

 private:
  int asked_ = 0;
};

TEST_F(DeviceMemory, AWatchEndsTheHostsWaiting) {
  constexpr Index kCount = 1 << 24;
  const Device device = Device::cuda();
  PinnedBuffer<double> sent(kCount);
  DeviceBuffer<double> there(device.stream(), kCount);
  const auto copies = [&] {
    for (int i = 0; i < 8; ++i) copy_async(device.stream(), kCount, std::as_const(sent).data(), there.data());
  };
  auto watch = std::make_shared<Impatient>();
  device.add_watch(watch);
  copies();
  EXPECT_THROW(device.synchronize(), NcclError);
  // Its end is the end of its say.
  watch.reset();
  device.synchronize();
  EXPECT_TRUE(device.stream().done());
  EXPECT_THROW(Device::cpu().add_watch(std::make_shared<Impatient>()), ArgumentError);
}

TEST_F(DeviceMemory, WhatGoesThereThroughPinnedMemoryComesBack) {
  for (const Index count : test::kCounts) {
    PinnedBuffer<double> sent(count), received(count);
    std::iota(sent.data(), sent.data() + count, 1.0);
    DeviceBuffer<double> first(stream(), count), second(stream(), count);
    copy_async(stream(), count, std::as_const(sent).data(), first.data());
    copy_async(stream(), count, std::as_const(first).data(), second.data());
    copy_async(stream(), count, std::as_const(second).data(), received.data());
    stream().synchronize();
    for (Index i = 0; i < count; ++i) ASSERT_EQ(received.data()[i], static_cast<double>(i + 1));
  }
}

TEST_F(DeviceMemory, AnEmptyBufferHasNoAddress) {
  EXPECT_EQ(DeviceBuffer<float>(stream(), 0).data(), nullptr);
  EXPECT_EQ(PinnedBuffer<float>(0).data(), nullptr);
  EXPECT_EQ(DeviceBuffer<float>().size(), 0);
}

TEST_F(DeviceMemory, MovedFromIsEmpty) {
  DeviceBuffer<float> buffer(stream(), 5);
  const DeviceBuffer<float> taken = std::move(buffer);
  EXPECT_EQ(taken.size(), 5);
  EXPECT_EQ(buffer.size(), 0);
  EXPECT_EQ(buffer.data(), nullptr);
  Stream old;
  const Stream moved = std::move(old);
  EXPECT_NE(moved.handle(), nullptr);
  EXPECT_THROW(old.handle(), ArgumentError);
  EXPECT_THROW(old.synchronize(), ArgumentError);
}

TEST_F(DeviceMemory, ABufferOutlivesItsStreamObject) {
  DeviceBuffer<std::int32_t> buffer;
  {
    const Stream brief;
    buffer = DeviceBuffer<std::int32_t>(brief, 1000);
  }
  buffer = {};
  // The pool hands the memory out again.
  EXPECT_NE(DeviceBuffer<std::int32_t>(stream(), 1000).data(), nullptr);
}

TEST_F(DeviceMemory, CountsWhatBuffersHoldAndMostOfIt) {
  constexpr Index kBytes = Index{1} << 20;
  stream().synchronize();
  reset_device_memory_peak();
  const Index before = device_memory_use().bytes;
  EXPECT_EQ(device_memory_use().peak, before);
  {
    const DeviceBuffer<char> buffer(stream(), kBytes);
    EXPECT_GE(device_memory_use().bytes, before + kBytes);
  }
  stream().synchronize();
  EXPECT_EQ(device_memory_use().bytes, before);
  EXPECT_GE(device_memory_use().peak, before + kBytes);
  reset_device_memory_peak();
  EXPECT_EQ(device_memory_use().peak, before);
}

TEST_F(DeviceMemory, MoreThanTheDeviceHasIsRefusedWithItsSize) {
  constexpr Index kPetabyte = Index{1} << 50;
  EXPECT_THAT([this] { DeviceBuffer<char>(stream(), kPetabyte); },
              testing::ThrowsMessage<CudaError>(testing::AllOf(
                  testing::HasSubstr("cudaMallocAsync of 1125899906842624 bytes"), testing::HasSubstr("cudaError"))));
  // The failure is not reported a second time.
  EXPECT_NO_THROW(DeviceBuffer<char>(stream(), 16));
  EXPECT_NO_THROW(stream().synchronize());
}

}  // namespace
}  // namespace tessera
