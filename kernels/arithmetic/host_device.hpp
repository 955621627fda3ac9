#pragma once

/// \file
/// Marks functions that CPU and CUDA code share.

#ifdef __CUDACC__
#define TESSERA_HOST_DEVICE __host__ __device__
#else
#define TESSERA_HOST_DEVICE
#endif
