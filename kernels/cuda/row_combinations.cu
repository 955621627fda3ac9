#include "kernels/row_combinations.hpp"

#include "kernels/arithmetic/complex_product.hpp"
#include "kernels/cuda/launch.cuh"

namespace tessera::kernels {

namespace {

/// `Number`: an unsigned type that holds the number of an element; 32-bit division costs a fraction of 64-bit division.
template <class T, class Number>
struct CombineRows {
  Index from;
  Number to, inner;
  const RowCombination<T>* combinations;
  const Complex<T>* x;
  Complex<T>* y;

  template <int>
  __device__ void at(Index i) const {
    const auto flat = static_cast<Number>(i);
    const Number row_number = flat / inner, a = row_number / to;
    const RowCombination<T> combination = combinations[row_number - a * to];
    const Complex<T>* column = x + static_cast<Index>(a) * from * static_cast<Index>(inner) + flat % inner;
    Complex<T> sum = {0, 0};
    if (combination.row >= 0) {
      const Complex<T> value = column[combination.row * static_cast<Index>(inner)];
      sum = {combination.factor * value.real, combination.factor * value.imaginary};
    }
    if (combination.conjugate_row >= 0) {
      const Complex<T> value = column[combination.conjugate_row * static_cast<Index>(inner)];
      sum.real += combination.conjugate_factor * value.real;
      sum.imaginary -= combination.conjugate_factor * value.imaginary;
    }
    y[i] = sum;
  }
};

}  // namespace

template <class T>
void combine_rows(const Stream& stream, Index outer, Index from, Index to, Index inner,
                  const RowCombination<T>* combinations, const std::complex<T>* x, std::complex<T>* y) {
  const Index count = outer * to * inner;
  const auto put = [&](auto zero) {
    using Number = decltype(zero);
    const CombineRows<T, Number> body = {from,
                                         static_cast<Number>(to),
                                         static_cast<Number>(inner),
                                         combinations,
                                         reinterpret_cast<const Complex<T>*>(x),
                                         reinterpret_cast<Complex<T>*>(y)};
    cuda::for_each_element<1>(stream, "combine_rows", count, false, body);
  };
  if (count <= Index{UINT32_MAX}) {
    put(std::uint32_t{0});
  } else {
    put(std::uint64_t{0});
  }
}

template void combine_rows<float>(const Stream&, Index, Index, Index, Index, const RowCombination<float>*,
                                  const std::complex<float>*, std::complex<float>*);
template void combine_rows<double>(const Stream&, Index, Index, Index, Index, const RowCombination<double>*,
                                   const std::complex<double>*, std::complex<double>*);

}  // namespace tessera::kernels
