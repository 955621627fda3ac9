#include "kernels/cuda/column_product.cuh"
#include "kernels/cuda/row_dot_products.cuh"
#include "kernels/products.hpp"

namespace tessera::kernels {

namespace {

using cuda::PlainRows;
using cuda::PlainTarget;
using cuda::StoredMatrix;

/// The input with one more row, of ones: its products with gy are the gradient of the bias.
template <class T>
struct RowsAndOnes {
  cuda::AxisRows<1> axis;
  const T* values;

  __device__ T at(Index row, Index address) const { return row < axis.rows ? values[address] : T(1); }
  __device__ void keep(Index, T) const {}
};

/// Entries [output, input + 1], the last column for the bias, added to two arrays.
template <class Sum>
struct WeightAndBias {
  Index input, columns;
  Sum* weight;
  Sum* bias;

  __device__ void add(Index entry, double sum) const {
    const Index o = entry / columns, i = entry - o * columns;
    Sum& value = i < input ? weight[o * input + i] : bias[o];
    value = static_cast<Sum>(static_cast<double>(value) + sum);
  }
};

}  // namespace

template <class T>
void apply_along_axis(const Stream& stream, Index outer, Index output, Index input, Index inner, const T* weight,
                      const T* bias, const T* x, T* y, Products products) {
  cuda::launch_column_product<T>(stream, "apply_along_axis", output, input, outer * inner,
                                 StoredMatrix<T, true>{weight, input}, PlainRows<T>{{input, inner}, x},
                                 PlainTarget<T>{{output, inner}, y, bias}, products);
}

template <class T>
void apply_transposed_along_axis(const Stream& stream, Index outer, Index output, Index input, Index inner,
                                 const T* weight, const T* gy, T* gx, Products products) {
  cuda::launch_column_product<T>(stream, "apply_transposed_along_axis", input, output, outer * inner,
                                 StoredMatrix<T, false>{weight, input}, PlainRows<T>{{output, inner}, gy},
                                 PlainTarget<T>{{input, inner}, gx, nullptr}, products);
}

template <class T, class Sum>
void accumulate_axis_gradient(const Stream& stream, Index outer, Index output, Index input, Index inner, const T* x,
                              const T* gy, Sum* gweight, Sum* gbias) {
  const Index columns = gbias != nullptr ? input + 1 : input;
  cuda::launch_dot_products<T>(stream, "accumulate_axis_gradient", output, columns, outer * inner,
                               PlainRows<T>{{output, inner}, gy}, RowsAndOnes<T>{{input, inner}, x},
                               WeightAndBias<Sum>{input, columns, gweight, gbias});
}

#define TESSERA_INSTANTIATE(T)                                                                                    \
  template void apply_along_axis<T>(const Stream&, Index, Index, Index, Index, const T*, const T*, const T*, T*,  \
                                    Products);                                                                    \
  template void apply_transposed_along_axis<T>(const Stream&, Index, Index, Index, Index, const T*, const T*, T*, \
                                               Products);

#define TESSERA_INSTANTIATE_SUMS(T, Sum)                                                                              \
  template void accumulate_axis_gradient<T, Sum>(const Stream&, Index, Index, Index, Index, const T*, const T*, Sum*, \
                                                 Sum*);

TESSERA_INSTANTIATE(float)
TESSERA_INSTANTIATE(double)
TESSERA_INSTANTIATE_SUMS(float, float)
TESSERA_INSTANTIATE_SUMS(float, double)
TESSERA_INSTANTIATE_SUMS(double, double)

}  // namespace tessera::kernels
