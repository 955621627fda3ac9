#include "kernels/products.hpp"

#include <algorithm>
#include <vector>

#include "kernels/cpu/simd/active.hpp"

namespace tessera::kernels {

template <class T>
void multiply(Index m, Index n, Index k, const T* a, Index lda, const T* b, Index ldb, T* c, Index ldc,
              bool accumulate) {
  Product<T> product{m, n, k, a, lda, 1, b, ldb, c, ldc, accumulate ? c : nullptr, ldc, 1};
  product.far = true;
  simd::loops<T>().multiply(product);
}

template <class T>
void multiply(const Product<T>& product) {
  simd::loops<T>().multiply(product);
}

template <class T>
void multiply_mirrored_terms(const Product<T>& product) {
  simd::loops<T>().multiply_mirrored_terms(product);
}

template <class T>
void multiply_mirrored_rows(const Product<T>& product) {
  simd::loops<T>().multiply_mirrored_rows(product);
}

template <class T>
void add_dot_products(Index m, Index n, Index k, const T* a, Index lda, const T* b, Index ldb, double* sums) {
  simd::loops<T>().dot_products(m, n, k, a, lda, b, ldb, sums);
}

template <class T>
void multiply_transposed(Index m, Index n, Index k, const T* a, Index lda, const T* b, Index ldb, T* c, Index ldc) {
  std::vector<double> sums(static_cast<std::size_t>(std::max<Index>(0, m * n)));
  simd::loops<T>().dot_products(m, n, k, a, lda, b, ldb, sums.data());
  for (Index i = 0; i < m; ++i) {
    for (Index j = 0; j < n; ++j)
      c[i * ldc + j] = static_cast<T>(static_cast<double>(c[i * ldc + j]) + sums[i * n + j]);
  }
}

#define TESSERA_INSTANTIATE(T)                                                                       \
  template void multiply<T>(const Product<T>&);                                                      \
  template void multiply_mirrored_terms<T>(const Product<T>&);                                       \
  template void multiply_mirrored_rows<T>(const Product<T>&);                                        \
  template void add_dot_products<T>(Index, Index, Index, const T*, Index, const T*, Index, double*); \
  template void multiply<T>(Index, Index, Index, const T*, Index, const T*, Index, T*, Index, bool); \
  template void multiply_transposed<T>(Index, Index, Index, const T*, Index, const T*, Index, T*, Index);

TESSERA_INSTANTIATE(float)
TESSERA_INSTANTIATE(double)

}  // namespace tessera::kernels
