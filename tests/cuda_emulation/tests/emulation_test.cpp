#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "cuda_runtime.h"
#include "kernels/cuda/shared_memory.cuh"

namespace tessera::emulation {
namespace {

using kernels::cuda::dynamic_shared_memory;
using kernels::cuda::Shared;

/// A stream, and 64 numbers in device and in pinned memory.
class Emulation : public testing::Test {
 protected:
  static constexpr int kCount = 64;
  static constexpr std::size_t kBytes = kCount * sizeof(int);

  void SetUp() override {
    cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking);
    cudaMallocAsync(reinterpret_cast<void**>(&there_), kBytes, stream_);
    cudaHostAlloc(reinterpret_cast<void**>(&here_), kBytes, cudaHostAllocPortable);
    std::iota(here_, here_ + kCount, 0);
  }
  void TearDown() override {
    cudaFreeAsync(there_, stream_);
    cudaStreamDestroy(stream_);
    cudaFreeHost(here_);
  }

  template <class... Parameters, class... Arguments>
  cudaError_t launch(void (*kernel)(Parameters...), unsigned blocks, unsigned threads, std::size_t shared_bytes,
                     Arguments... arguments) {
    const cudaLaunchConfig_t config = {blocks, threads, shared_bytes, stream_};
    return cudaLaunchKernelEx(&config, kernel, arguments...);
  }
  void copy(const int* from, int* to) { cudaMemcpyAsync(to, from, kBytes, cudaMemcpyDefault, stream_); }

  cudaStream_t stream_ = nullptr;
  int *there_ = nullptr, *here_ = nullptr;
};

void add(int* values, int term) { values[blockIdx.x * blockDim.x + threadIdx.x] += term; }

void reverse_block(int* values) {
  __shared__ Shared<int[64]> block;
  block[threadIdx.x] = values[threadIdx.x];
  __syncthreads();
  values[threadIdx.x] = block[blockDim.x - 1 - threadIdx.x];
}

void sum_of_warp(int* values) {
  int value = values[threadIdx.x];
  for (int distance = 16; distance > 0; distance /= 2) value += __shfl_xor_sync(kWholeWarp, value, distance);
  values[threadIdx.x] = value + __shfl_down_sync(kWholeWarp, 0, 1) + __shfl_sync(kWholeWarp, 0, 3);
}

void read_shared(int* values) {
  __shared__ Shared<int[64]> block;
  values[threadIdx.x] = block[threadIdx.x] & dynamic_shared_memory<int[64]>()[threadIdx.x];
  block[threadIdx.x] = 0;
}

TEST_F(Emulation, ThreadsOfABlockMeetAtBarriers) {
  copy(here_, there_);
  launch(reverse_block, 1, kCount, 0, there_);
  copy(there_, here_);
  cudaStreamSynchronize(stream_);
  for (int i = 0; i < kCount; ++i) EXPECT_EQ(here_[i], kCount - 1 - i);
}

TEST_F(Emulation, LanesOfAWarpExchangeValues) {
  copy(here_, there_);
  launch(sum_of_warp, 1, kCount, 0, there_);
  copy(there_, here_);
  cudaStreamSynchronize(stream_);
  EXPECT_EQ(here_[5], 31 * 32 / 2);
  EXPECT_EQ(here_[37], 31 * 32 / 2 + 32 * 32);
}

TEST_F(Emulation, SharedMemoryIsPoisonedForEveryBlock) {
  launch(read_shared, 2, kCount, kBytes, there_);
  copy(there_, here_);
  cudaStreamSynchronize(stream_);
  EXPECT_EQ(here_[17], -1);
}

TEST_F(Emulation, WorkIsDoneWhenSomebodyWaitsAndNotBefore) {
  copy(here_, there_);
  launch(add, 1, kCount, 0, there_, 100);
  copy(there_, here_);
  EXPECT_EQ(here_[1], 1);
  EXPECT_EQ(cudaStreamQuery(stream_), cudaErrorNotReady);
  cudaEvent_t event = nullptr;
  cudaEventCreateWithFlags(&event, cudaEventDisableTiming);
  cudaEventRecord(event, stream_);
  cudaEventSynchronize(event);
  EXPECT_EQ(here_[1], 101);
  EXPECT_EQ(cudaStreamQuery(stream_), cudaSuccess);
  cudaEventDestroy(event);
  EXPECT_EQ(cudaGetLastError(), cudaErrorNotReady);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
}

TEST_F(Emulation, StreamsWaitForEventsOfEachOther) {
  cudaStream_t other = nullptr;
  cudaStreamCreateWithFlags(&other, cudaStreamNonBlocking);
  cudaEvent_t event = nullptr;
  cudaEventCreateWithFlags(&event, cudaEventDisableTiming);
  copy(here_, there_);
  cudaEventRecord(event, stream_);
  std::vector<int> found(kCount);
  cudaStreamWaitEvent(other, event);
  cudaMemcpyAsync(found.data(), there_, kBytes, cudaMemcpyDefault, other);
  EXPECT_EQ(found[63], 63);
  cudaEventDestroy(event);
  cudaStreamDestroy(other);
}

TEST_F(Emulation, AGraphReplaysWhatWasCaptured) {
  copy(here_, there_);
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t executable = nullptr;
  cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal);
  launch(add, 1, kCount, 0, there_, 10);
  void* temporary = nullptr;
  EXPECT_EQ(cudaMallocAsync(&temporary, 16, stream_), cudaSuccess);
  EXPECT_EQ(cudaFreeAsync(temporary, stream_), cudaSuccess);
  EXPECT_EQ(cudaStreamSynchronize(stream_), cudaErrorStreamCaptureUnsupported);
  EXPECT_EQ(cudaStreamEndCapture(stream_, &graph), cudaSuccess);
  cudaGraphInstantiate(&executable, graph);
  cudaGraphDestroy(graph);
  for (int i = 0; i < 3; ++i) cudaGraphLaunch(executable, stream_);
  copy(there_, here_);
  cudaStreamSynchronize(stream_);
  cudaGraphExecDestroy(executable);
  EXPECT_EQ(here_[2], 32);
  cudaGetLastError();
}

TEST_F(Emulation, AStreamThatIsNotJoinedSpoilsTheCapture) {
  cudaStream_t other = nullptr;
  cudaStreamCreateWithFlags(&other, cudaStreamNonBlocking);
  cudaEvent_t fork = nullptr, join = nullptr;
  cudaEventCreateWithFlags(&fork, cudaEventDisableTiming);
  cudaEventCreateWithFlags(&join, cudaEventDisableTiming);
  for (const bool joins : {true, false}) {
    cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal);
    launch(add, 1, kCount, 0, there_, 1);
    cudaEventRecord(fork, stream_);
    cudaStreamWaitEvent(other, fork);
    cudaMemsetAsync(there_, 0, kBytes, other);
    cudaEventRecord(join, other);
    if (joins) cudaStreamWaitEvent(stream_, join);
    cudaGraph_t graph = nullptr;
    EXPECT_EQ(cudaStreamEndCapture(stream_, &graph), joins ? cudaSuccess : cudaErrorStreamCaptureUnjoined);
    if (graph != nullptr) cudaGraphDestroy(graph);
  }
  cudaEventDestroy(fork);
  cudaEventDestroy(join);
  cudaStreamDestroy(other);
  cudaGetLastError();
}

TEST_F(Emulation, RefusesLaunchesThatNoDeviceTakes) {
  EXPECT_EQ(launch(add, 0, kCount, 0, there_, 1), cudaErrorInvalidConfiguration);
  EXPECT_EQ(launch(add, 1, 1025, 0, there_, 1), cudaErrorInvalidConfiguration);
  EXPECT_EQ(launch(add, 1, 32, 48 * 1024 + 1, there_, 1), cudaErrorInvalidValue);
  EXPECT_EQ(cudaFuncSetAttribute(add, cudaFuncAttributeMaxDynamicSharedMemorySize, 64 * 1024), cudaSuccess);
  EXPECT_EQ(launch(add, 1, kCount, 64 * 1024, there_, 1), cudaSuccess);
  cudaGetLastError();
}

class EmulationDeathTest : public Emulation {
 protected:
  /// Puts the kernel on the stream and waits.
  template <class... Parameters, class... Arguments>
  void run(void (*kernel)(Parameters...), Arguments... arguments) {
    launch(kernel, 1, kCount, 0, arguments...);
    cudaStreamSynchronize(stream_);
  }
};

void some_wait_for_block() {
  if (threadIdx.x != 3) __syncthreads();
}
void some_wait_for_warp() {
  if (threadIdx.x != 3) __syncwarp();
}
void lanes_wait_differently() {
  if (threadIdx.x == 3) return __syncwarp();
  __shfl_xor_sync(kWholeWarp, 1, 1);
}

TEST_F(EmulationDeathTest, BarriersWithThreadsMissing) {
  EXPECT_DEATH(run(some_wait_for_block), "__syncthreads that only 63 of 64 threads come to");
  EXPECT_DEATH(run(some_wait_for_warp), "__syncwarp that not every lane of the warp comes to");
  EXPECT_DEATH(run(lanes_wait_differently), "that not every lane of the warp comes to");
}

TEST_F(EmulationDeathTest, AccessesThatAreNotAllowed) {
  const auto* const end = there_ + kCount;
  EXPECT_DEATH(run(add, there_ + 1, 0), "");
  EXPECT_EQ(cudaMemcpyAsync(here_, end - 1, kBytes, cudaMemcpyDefault, stream_), cudaErrorInvalidValue);
  cudaGetLastError();
  cudaStreamSynchronize(stream_);
  EXPECT_DEATH(there_[0] = 1, "");
}

}  // namespace
}  // namespace tessera::emulation
