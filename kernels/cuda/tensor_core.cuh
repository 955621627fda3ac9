#pragma once

/// \file
/// Products of small matrices by a warp's tensor cores: the one place with their instructions (PTX ISA,
/// "Matrix multiply-accumulate operation using mma instruction", m16n8k8 of tf32).

namespace tessera::kernels::cuda {

/// The number with 10 bits of fraction nearest to `value`, ties away from zero: what tensor cores take as a factor.
__device__ inline float tensor_float32(float value) {
  unsigned bits;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(value));
  return __uint_as_float(bits);
}

/// C [16, 8] += A [16, 8] B [8, 8], by all lanes of a warp together, summed in float. With g = lane / 4, q = lane % 4 a
/// lane has
///   a: A[g, q], A[g + 8, q], A[g, q + 4], A[g + 8, q + 4]      b: B[q, g], B[q + 4, g]
///   c: C[g, 2 q], C[g, 2 q + 1], C[g + 8, 2 q], C[g + 8, 2 q + 1]
/// A and B must be tensor_float32 numbers.
__device__ inline void add_tensor_product(const float (&a)[4], const float (&b)[2], float (&c)[4]) {
  asm volatile(
      "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
      "{%0, %1, %2, %3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(__float_as_uint(a[0])), "r"(__float_as_uint(a[1])), "r"(__float_as_uint(a[2])), "r"(__float_as_uint(a[3])),
        "r"(__float_as_uint(b[0])), "r"(__float_as_uint(b[1])));
}

}  // namespace tessera::kernels::cuda
