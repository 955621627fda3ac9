#pragma once

/// \file
/// Small dense products over long contiguous rows: channel products, truncated Fourier transforms by matrix, and the
/// weight gradients of both. Everything is real and row-major; complex data is passed as interleaved reals. With a
/// Stream: on the device, see kernels/elementwise.hpp.

#include "kernels/product.hpp"
#include "kernels/product_precision.hpp"
#include "tessera/core/shape.hpp"
#include "tessera/core/stream.hpp"

namespace tessera::kernels {

/// C[m,n] = A[m,k] B[k,n] (+ C when `accumulate`). `ld*` is the distance between rows, in elements.
/// Made for small m and k and long n: A's entries are broadcast against contiguous pieces of B's rows.
template <class T>
void multiply(Index m, Index n, Index k, const T* a, Index lda, const T* b, Index ldb, T* c, Index ldc,
              bool accumulate);

/// The general form, see Product.
template <class T>
void multiply(const Product<T>& product);

/// C = A B for an A with pairs of mirrored rows, as the matrix of a real Fourier transform along a whole line of k
/// cells has them: a[2i, k - p] = a[2i, p] (cosines) and a[2i + 1, k - p] = -a[2i + 1, p] (sines) for 0 < p < k,
/// a[2i + 1, 0] = 0. m is even, a product's `initial` null. Half of the multiplications of `multiply`.
template <class T>
void multiply_mirrored_terms(const Product<T>& product);

/// The same for the transposed matrix, from modes to a line of m cells: a[m - i, 2p] = a[i, 2p] and
/// a[m - i, 2p + 1] = -a[i, 2p + 1] for 0 < i < m. k is even.
template <class T>
void multiply_mirrored_rows(const Product<T>& product);

/// C[m,n] += A[m,k] B[n,k]^T: dot products of long contiguous rows (weight gradients). Partial sums of float data are
/// flushed to double every few thousand terms, so that the relative error does not grow with k.
template <class T>
void multiply_transposed(Index m, Index n, Index k, const T* a, Index lda, const T* b, Index ldb, T* c, Index ldc);

/// The same with sums kept in double: sums[i n + j] += sum_p A[i,p] B[j,p].
template <class T>
void add_dot_products(Index m, Index n, Index k, const T* a, Index lda, const T* b, Index ldb, double* sums);

/// A matrix applied along one axis of a contiguous tensor seen as [outer, input, inner]:
///   y[a, o, c] = sum_i W[o, i] x[a, i, c] + bias[o]        (bias may be null)
/// W is row-major [output, input]. Works in tiles of `inner` that stay in cache.
template <class T>
void apply_along_axis(Index outer, Index output, Index input, Index inner, const T* weight, const T* bias, const T* x,
                      T* y);
template <class T>
void apply_along_axis(const Stream& stream, Index outer, Index output, Index input, Index inner, const T* weight,
                      const T* bias, const T* x, T* y, Products products = Products::float32);

/// The adjoint of apply_along_axis with respect to x:  gx[a, i, c] = sum_o W[o, i] gy[a, o, c].
template <class T>
void apply_transposed_along_axis(Index outer, Index output, Index input, Index inner, const T* weight, const T* gy,
                                 T* gx);
template <class T>
void apply_transposed_along_axis(const Stream& stream, Index outer, Index output, Index input, Index inner,
                                 const T* weight, const T* gy, T* gx, Products products = Products::float32);

/// The adjoint of apply_along_axis with respect to W and the bias (null: not wanted), added to what is there:
///   gW[o, i] += sum_{a, c} gy[a, o, c] x[a, i, c],   gb[o] += sum_{a, c} gy[a, o, c]
template <class T>
void accumulate_axis_gradient(Index outer, Index output, Index input, Index inner, const T* x, const T* gy, T* gweight,
                              T* gbias);
/// On a device also with sums in double: `Sum` is T or double.
template <class T, class Sum>
void accumulate_axis_gradient(const Stream& stream, Index outer, Index output, Index input, Index inner, const T* x,
                              const T* gy, Sum* gweight, Sum* gbias);

}  // namespace tessera::kernels
