#include "core/backends/cuda_error.hpp"

#include "tessera/core/error.hpp"

namespace tessera::detail {

std::string describe(cudaError_t code) {
  return std::string(cudaGetErrorName(code)) + " (" + cudaGetErrorString(code) + ")";
}

void check_cuda(cudaError_t code, const char* call) {
  if (code == cudaSuccess) return;
  // The runtime remembers the last failure; it has been reported now.
  cudaGetLastError();
  throw CudaError(std::string(call) + ": " + describe(code));
}

void check_launch(const char* kernel) {
  const cudaError_t code = cudaGetLastError();
  if (code != cudaSuccess) throw CudaError(std::string("launch of kernel ") + kernel + ": " + describe(code));
}

}  // namespace tessera::detail
