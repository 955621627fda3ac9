#pragma once

/// \file
/// Return codes of the CUDA runtime as exceptions.

#include <cuda_runtime_api.h>

#include <string>

namespace tessera::detail {

/// "cudaErrorNoDevice (no CUDA-capable device is detected)"
std::string describe(cudaError_t code);

/// Throws CudaError "<call>: <name> (<text>)" unless `code` is cudaSuccess.
void check_cuda(cudaError_t code, const char* call);

/// To be called after every kernel launch; `kernel` names it. CUDA may report a failure of earlier work here.
void check_launch(const char* kernel);

}  // namespace tessera::detail
