#include "kernels/cpu/simd/active.hpp"

namespace tessera::kernels::simd {

std::vector<const Table*> runnable_tables() {
  std::vector<const Table*> tables = {&portable::kTable};
  __builtin_cpu_init();
  const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (has_avx2) tables.push_back(&avx2::kTable);
  const bool has_avx512 = has_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                          __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
  if (has_avx512) tables.push_back(&avx512::kTable);
  return tables;
}

}  // namespace tessera::kernels::simd
