#pragma once

/// \file
/// Which instruction-set level the CPU kernels run at. The fastest one the processor supports is chosen on first use;
/// the environment variable TESSERA_SIMD (portable, avx2 or avx512) forces another.

#include <string>
#include <vector>

namespace tessera::kernels {

/// Levels this build and this processor can run, slowest first; always begins with "portable".
std::vector<std::string> simd_levels();

/// The level chosen on first use: TESSERA_SIMD if set, else the fastest. Throws ArgumentError when TESSERA_SIMD names a
/// level that cannot run here.
std::string default_simd();

/// The level in use; on first use as default_simd().
std::string selected_simd();

/// Switches all kernels to a level of simd_levels(); throws ArgumentError for any other name. For tests and benchmarks:
/// not to be called while another thread computes.
void select_simd(const std::string& level);

}  // namespace tessera::kernels
