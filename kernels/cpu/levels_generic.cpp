#include "kernels/cpu/simd/active.hpp"

namespace tessera::kernels::simd {

std::vector<const Table*> runnable_tables() { return {&portable::kTable}; }

}  // namespace tessera::kernels::simd
