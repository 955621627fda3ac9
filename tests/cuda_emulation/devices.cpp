#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <utility>

#include "cuda_runtime_api.h"
#include "errors.hpp"
#include "settings.hpp"

namespace tessera::emulation {

namespace {

constexpr int kVersion = 13000;

cudaError_t g_last_error = cudaSuccess;
int g_device = 0;

struct Description {
  const char* name;
  const char* text;
};

Description describe(cudaError_t code) {
  switch (code) {
    case cudaSuccess: return {"cudaSuccess", "no error"};
    case cudaErrorInvalidValue: return {"cudaErrorInvalidValue", "invalid argument"};
    case cudaErrorMemoryAllocation: return {"cudaErrorMemoryAllocation", "out of memory"};
    case cudaErrorInvalidConfiguration: return {"cudaErrorInvalidConfiguration", "invalid configuration argument"};
    case cudaErrorInsufficientDriver: return {"cudaErrorInsufficientDriver", "CUDA driver version is insufficient"};
    case cudaErrorNoDevice: return {"cudaErrorNoDevice", "no CUDA-capable device is detected"};
    case cudaErrorInvalidDevice: return {"cudaErrorInvalidDevice", "invalid device ordinal"};
    case cudaErrorNotReady: return {"cudaErrorNotReady", "device not ready"};
    case cudaErrorStreamCaptureUnsupported:
      return {"cudaErrorStreamCaptureUnsupported", "operation not permitted when stream is capturing"};
    case cudaErrorStreamCaptureUnmatched:
      return {"cudaErrorStreamCaptureUnmatched", "capture was not initiated in this stream"};
    case cudaErrorStreamCaptureUnjoined:
      return {"cudaErrorStreamCaptureUnjoined", "capturing stream has unjoined work"};
    case cudaErrorStreamCaptureIsolation:
      return {"cudaErrorStreamCaptureIsolation", "dependency created on uncaptured work in another stream"};
    case cudaErrorCapturedEvent:
      return {"cudaErrorCapturedEvent", "operation not permitted on an event last recorded in a capturing stream"};
  }
  return {"cudaErrorUnknown", "unknown error"};
}

bool is_device(int device) { return device >= 0 && device < settings().devices; }

/// Different for every device of every host, the same in all its processes.
cudaUUID_t identity(int device) {
  char host[256] = {};
  gethostname(host, sizeof host - 1);
  const std::size_t parts[2] = {std::hash<std::string>{}(host), static_cast<std::size_t>(device) + 1};
  cudaUUID_t uuid;
  static_assert(sizeof uuid == sizeof parts);
  std::memcpy(&uuid, parts, sizeof uuid);
  return uuid;
}

}  // namespace

cudaError_t remember(cudaError_t code) {
  if (code != cudaSuccess) g_last_error = code;
  return code;
}

}  // namespace tessera::emulation

using namespace tessera::emulation;

const char* cudaGetErrorName(cudaError_t code) { return describe(code).name; }

const char* cudaGetErrorString(cudaError_t code) { return describe(code).text; }

cudaError_t cudaGetLastError() { return std::exchange(g_last_error, cudaSuccess); }

cudaError_t cudaGetDeviceCount(int* count) {
  *count = settings().devices;
  return remember(*count > 0 ? cudaSuccess : cudaErrorNoDevice);
}

cudaError_t cudaGetDevice(int* device) {
  *device = g_device;
  return cudaSuccess;
}

cudaError_t cudaSetDevice(int device) {
  if (!is_device(device)) return remember(cudaErrorInvalidDevice);
  g_device = device;
  return cudaSuccess;
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
  if (!is_device(device)) return remember(cudaErrorInvalidDevice);
  *properties = {};
  std::snprintf(properties->name, sizeof properties->name, "emulated device %d, for tests", device);
  properties->uuid = identity(device);
  properties->totalGlobalMem =
      static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return cudaSuccess;
}

cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device) {
  if (!is_device(device)) return remember(cudaErrorInvalidDevice);
  // Few multiprocessors: kernels that fill the device are done soon.
  *value = attribute == cudaDevAttrMultiProcessorCount ? 2 : 1;
  return cudaSuccess;
}

cudaError_t cudaDriverGetVersion(int* version) {
  *version = kVersion;
  return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = kVersion;
  return cudaSuccess;
}

cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t* pool, int device) {
  *pool = nullptr;
  return remember(is_device(device) ? cudaSuccess : cudaErrorInvalidDevice);
}
