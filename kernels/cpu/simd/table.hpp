#pragma once

/// \file
/// The inner loops that are compiled once per instruction-set level, and the table through which they are called.
/// The sources behind a table call no inline function from outside their level: a copy of one compiled for a wide
/// level could be the one the linker keeps, and would then crash on an older processor.

#include <cstdint>

#include "kernels/arithmetic/adam.hpp"
#include "kernels/prefetch.hpp"
#include "kernels/product.hpp"

namespace tessera::kernels::simd {

using Index = std::int64_t;

/// y[j] = sum_t a[t,j] b[t,j] (+ y[j]) for j < count, t < terms, over interleaved complex numbers; b is conjugated on
/// demand.
/// Row distances are in complex elements.
template <class T>
struct ComplexSum {
  Index count, terms;
  const T* a;
  Index a_row;
  const T* b;
  Index b_row;
  bool conjugate_b;
  T* y;
  bool accumulate = false;
};

/// The loops over one real type.
template <class T>
struct Functions {
  void (*multiply)(const Product<T>&);
  void (*multiply_mirrored_terms)(const Product<T>&);
  void (*multiply_mirrored_rows)(const Product<T>&);

  /// sums[i * n + j] += sum_p a[i * lda + p] b[j * ldb + p], partial sums are flushed to double now and then.
  void (*dot_products)(Index m, Index n, Index k, const T* a, Index lda, const T* b, Index ldb, double* sums);

  void (*sum_complex_products)(const ComplexSum<T>&);
  void (*axpy)(Index count, T a, const T* x, T* y);
  void (*scale)(Index count, T a, T* x);
  void (*affine)(Index count, T a, T b, T* x);
  void (*multiply_elements)(Index count, const T* x, T* y);
  void (*scaled_difference)(Index count, double factor, const T* a, const T* b, T* out);
  void (*activated_gradient)(Index hidden, Index out, Index count, const T* w, const T* gy, T* slopes, double* sums);
  double (*dot)(Index count, const T* a, const T* b);
  double (*squared_distance)(Index count, const T* a, const T* b);
  double (*sum)(Index count, const T* x);
  bool (*all_finite)(Index count, const T* x);
  void (*adam_real)(Index count, const AdamConstants<T>&, const T* gradient, T* weight, T* first, T* second);

  /// `count` complex weights; one second moment each.
  void (*adam_complex)(Index count, const AdamConstants<T>&, const T* gradient, T* weight, T* first, T* second);
};

/// One instruction-set level.
struct Table {
  const char* level;
  Functions<float> for_float;
  Functions<double> for_double;
  void (*gelu)(Index count, const float* x, float* y, Prefetch soon);
  void (*gelu_with_derivative)(Index count, const float* x, float* y, float* derivative, Prefetch soon);
  void (*gelu_backward)(Index count, const float* x, const float* gy, float* gx);

  /// to[i] = from[i] for i < count, past the caches: ordered with later stores by finish_streams only.
  void (*stream_floats)(Index count, const float* from, float* to);
  void (*finish_streams)();
};

namespace portable {
extern const Table kTable;
}
namespace avx2 {
extern const Table kTable;
}
namespace avx512 {
extern const Table kTable;
}

}  // namespace tessera::kernels::simd
