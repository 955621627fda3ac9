#pragma once

/// \file
/// Memory that the threads of a block share. What it holds when the block begins is unspecified.

namespace tessera::kernels::cuda {

/// To be declared as `__shared__ Shared<T> name;`, with a T that needs no constructor: memory of a fixed size.
template <class T>
using Shared = T;

/// The beginning, 16-byte aligned, of what `launch` is given as shared_bytes.
template <class T>
__device__ T& dynamic_shared_memory() {
  extern __shared__ uint4 memory[];
  return *reinterpret_cast<T*>(memory);
}

}  // namespace tessera::kernels::cuda
