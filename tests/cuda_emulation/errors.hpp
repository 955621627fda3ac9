#pragma once

/// \file
/// The error that the runtime remembers.

#include "cuda_runtime_api.h"

namespace tessera::emulation {

/// Returns `code`; where it is no success, cudaGetLastError returns it once more.
cudaError_t remember(cudaError_t code);

}  // namespace tessera::emulation
