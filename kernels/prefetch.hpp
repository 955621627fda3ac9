#pragma once

/// \file
/// What the caller of a kernel will need soon.

namespace tessera::kernels {

/// Up to two arrays as long as the one a kernel works on. A kernel bound by arithmetic asks for their lines while it
/// computes, so that they lie in a cache afterwards; only addresses are used, which may lie outside of any array.
struct Prefetch {
  const void *first = nullptr, *second = nullptr;
};

}  // namespace tessera::kernels
