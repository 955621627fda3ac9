#include <cuda_runtime_api.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>

#include "core/backends/cuda_error.hpp"
#include "core/backends/device_backend.hpp"
#include "core/device_graph.hpp"
#include "tessera/core/device.hpp"
#include "tessera/core/device_copy.hpp"
#include "tessera/core/device_memory_use.hpp"
#include "tessera/core/error.hpp"
#include "tessera/core/pinned_buffer.hpp"

namespace tessera {

namespace {

struct Devices {
  int count;
  cudaError_t code;
};

Devices find_devices() {
  int count = 0;
  const cudaError_t code = cudaGetDeviceCount(&count);
  if (code == cudaSuccess) return {count, count > 0 ? cudaSuccess : cudaErrorNoDevice};
  // Not to be reported again by the next launch.
  cudaGetLastError();
  return {0, code};
}

/// "13.0" for 13000.
std::string version_text(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

std::string driver_problem() {
  int driver = 0, runtime = 0;
  cudaDriverGetVersion(&driver);
  cudaRuntimeGetVersion(&runtime);
  if (driver == 0) return "no NVIDIA driver is installed";
  return "the NVIDIA driver knows CUDA " + version_text(driver) + ", this build needs " + version_text(runtime) +
         " or newer";
}

cudaMemPool_t pool_of(int device) {
  cudaMemPool_t pool = nullptr;
  detail::check_cuda(cudaDeviceGetDefaultMemPool(&pool, device), "cudaDeviceGetDefaultMemPool");
  return pool;
}

cudaMemPool_t current_pool(const char* operation) {
  require_device(operation);
  int device = 0;
  detail::check_cuda(cudaGetDevice(&device), "cudaGetDevice");
  return pool_of(device);
}

Index pool_bytes(cudaMemPool_t pool, cudaMemPoolAttr attribute) {
  std::uint64_t bytes = 0;
  detail::check_cuda(cudaMemPoolGetAttribute(pool, attribute, &bytes), "cudaMemPoolGetAttribute");
  return static_cast<Index>(bytes);
}

}  // namespace

int device_count() { return find_devices().count; }

std::string why_no_device() {
  const cudaError_t code = find_devices().code;
  if (code == cudaSuccess) return "";
  if (code == cudaErrorInsufficientDriver) return driver_problem();
  if (code == cudaErrorNoDevice) return "the NVIDIA driver finds no device (CUDA_VISIBLE_DEVICES may hide it)";
  return "cudaGetDeviceCount: " + detail::describe(code);
}

DeviceProperties current_device() {
  require_device("current_device");
  DeviceProperties found;
  detail::check_cuda(cudaGetDevice(&found.number), "cudaGetDevice");
  cudaDeviceProp properties{};
  detail::check_cuda(cudaGetDeviceProperties(&properties, found.number), "cudaGetDeviceProperties");
  found.name = properties.name;
  found.bytes = static_cast<Index>(properties.totalGlobalMem);
  static_assert(sizeof found.identity == sizeof properties.uuid);
  std::memcpy(found.identity.data(), &properties.uuid, sizeof properties.uuid);
  return found;
}

DeviceMemoryUse device_memory_use() {
  cudaMemPool_t pool = current_pool("device_memory_use");
  const Index bytes = pool_bytes(pool, cudaMemPoolAttrUsedMemCurrent);
  // After a reset the pool does not count what it already holds until something is allocated.
  return {bytes, std::max(bytes, pool_bytes(pool, cudaMemPoolAttrUsedMemHigh))};
}

void reset_device_memory_peak() {
  cudaMemPool_t pool = current_pool("reset_device_memory_peak");
  detail::check_cuda(cudaMemPoolTrimTo(pool, 0), "cudaMemPoolTrimTo");
  std::uint64_t zero = 0;
  detail::check_cuda(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrUsedMemHigh, &zero), "cudaMemPoolSetAttribute");
}

namespace detail {

namespace {

/// What a query of progress answers.
bool ready(cudaError_t code, const char* call) {
  if (code != cudaErrorNotReady) check_cuda(code, call);
  // The runtime remembers this answer as if it were a failure.
  if (code == cudaErrorNotReady) cudaGetLastError();
  return code == cudaSuccess;
}

}  // namespace

void use_device(int device) {
  check_cuda(cudaSetDevice(device), "cudaSetDevice");
  int has_pools = 0;
  check_cuda(cudaDeviceGetAttribute(&has_pools, cudaDevAttrMemoryPoolsSupported, device), "cudaDeviceGetAttribute");
  if (has_pools == 0) {
    throw CudaError("select_device: device " + std::to_string(device) + " has no memory pools (cudaMallocAsync)");
  }
  cudaMemPool_t pool = pool_of(device);
  // By default a pool returns its memory to the system at every synchronisation, and allocating it again takes long.
  std::uint64_t threshold = std::numeric_limits<std::uint64_t>::max();
  check_cuda(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &threshold), "cudaMemPoolSetAttribute");
}

std::shared_ptr<CUstream_st> create_stream() {
  cudaStream_t stream = nullptr;
  check_cuda(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "cudaStreamCreateWithFlags");
  // What is on the stream is still carried out; a failure at the end of the program has nobody to tell.
  return {stream, [](cudaStream_t handle) { cudaStreamDestroy(handle); }};
}

void synchronize(CUstream_st* stream) { check_cuda(cudaStreamSynchronize(stream), "cudaStreamSynchronize"); }

bool done(CUstream_st* stream) { return ready(cudaStreamQuery(stream), "cudaStreamQuery"); }

std::shared_ptr<CUevent_st> create_event() {
  cudaEvent_t event = nullptr;
  check_cuda(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), "cudaEventCreateWithFlags");
  return {event, [](cudaEvent_t handle) { cudaEventDestroy(handle); }};
}

void record(CUevent_st* event, CUstream_st* stream) { check_cuda(cudaEventRecord(event, stream), "cudaEventRecord"); }

bool done(CUevent_st* event) { return ready(cudaEventQuery(event), "cudaEventQuery"); }

void wait(CUevent_st* event) { check_cuda(cudaEventSynchronize(event), "cudaEventSynchronize"); }

void hold(CUevent_st* event, CUstream_st* stream) {
  check_cuda(cudaStreamWaitEvent(stream, event, 0), "cudaStreamWaitEvent");
}

void begin_recording(CUstream_st* stream) {
  check_cuda(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "cudaStreamBeginCapture");
}

std::shared_ptr<CUgraphExec_st> end_recording(CUstream_st* stream) {
  cudaGraph_t graph = nullptr;
  check_cuda(cudaStreamEndCapture(stream, &graph), "cudaStreamEndCapture");
  cudaGraphExec_t executable = nullptr;
  const cudaError_t code = cudaGraphInstantiate(&executable, graph, 0);
  cudaGraphDestroy(graph);
  check_cuda(code, "cudaGraphInstantiate");
  return {executable, [](cudaGraphExec_t handle) { cudaGraphExecDestroy(handle); }};
}

void launch(CUgraphExec_st* graph, CUstream_st* stream) {
  check_cuda(cudaGraphLaunch(graph, stream), "cudaGraphLaunch");
}

void* allocate_device(CUstream_st* stream, std::size_t bytes) {
  if (bytes == 0) return nullptr;
  void* memory = nullptr;
  const cudaError_t code = cudaMallocAsync(&memory, bytes, stream);
  if (code != cudaSuccess) check_cuda(code, ("cudaMallocAsync of " + std::to_string(bytes) + " bytes").c_str());
  return memory;
}

void free_device(CUstream_st* stream, void* memory) noexcept { cudaFreeAsync(memory, stream); }

void* allocate_pinned(std::size_t bytes) {
  require_device("PinnedBuffer");
  if (bytes == 0) return nullptr;
  void* memory = nullptr;
  const cudaError_t code = cudaHostAlloc(&memory, bytes, cudaHostAllocPortable);
  if (code != cudaSuccess) check_cuda(code, ("cudaHostAlloc of " + std::to_string(bytes) + " bytes").c_str());
  return memory;
}

void free_pinned(void* memory) noexcept { cudaFreeHost(memory); }

void copy_bytes(CUstream_st* stream, std::size_t bytes, const void* source, void* destination) {
  if (bytes == 0) return;
  check_cuda(cudaMemcpyAsync(destination, source, bytes, cudaMemcpyDefault, stream), "cudaMemcpyAsync");
}

}  // namespace detail
}  // namespace tessera
