#pragma once

/// \file
/// What the machine can do at most, measured where it is compared with.

#include "harness.hpp"

namespace tessera::bench {

/// Of one rank while all ranks are busy: the fastest repeat of each. Zero where it could not be measured.
struct Ceilings {
  double gigaflops_per_s = 0.0;  ///< of kernels::multiply on 512 x 512 matrices that stay in cache
  double gigabytes_per_s = 0.0;  ///< the best of copying, reading and updating in place 256 MB per thread
};

/// Records "ceiling/fma", "ceiling/copy", "ceiling/read" and "ceiling/update", measured in turns; bytes are counted
/// twice where they are both read and written. Collective.
Ceilings measure_ceilings(Harness& harness);

/// How much a computation has to do on the busiest rank.
struct Work {
  double flops;         ///< as `counted` says
  double bytes;         ///< tensors read and written by any way of doing it, once each
  std::string counted;  ///< what the flops are of
};

/// The contender with fields "gigaflop", "flops_counted", "gigabytes_per_s", "gigaflops_per_s", and the two over their
/// ceilings: "of_fma_peak" and "of_bandwidth".
Contender with_figures(Contender contender, const Work& work, const Ceilings& ceilings);

}  // namespace tessera::bench
