#include "kernels/pointwise_block.hpp"

#include "kernels/activation.hpp"
#include "kernels/arithmetic/gelu.hpp"
#include "kernels/cuda/column_product.cuh"
#include "kernels/cuda/row_dot_products.cuh"

namespace tessera::kernels {

namespace {

using cuda::AxisRows;
using cuda::PlainRows;
using cuda::StoredMatrix;

template <class T>
struct AddAndActivate {
  static constexpr int kParts = 1;
  AxisRows<1> axis;
  const T* s;
  T* z;
  T* activated;

  __device__ T initial(Index, Index address) const { return s[address]; }
  __device__ void store(Index address, T value) const {
    if (z != nullptr) z[address] = value;
    activated[address] = gelu_value(value);
  }
};

template <class T>
struct AddTo {
  static constexpr int kParts = 1;
  AxisRows<1> axis;
  const T* s;
  T* sum;

  __device__ T initial(Index, Index address) const { return s[address]; }
  __device__ void store(Index address, T value) const { sum[address] = value; }
};

/// gz, made where it is read, and kept. Only for a width of one tile: every number is read once.
template <class T>
struct ActivationGradient {
  AxisRows<1> axis;
  const T* z;
  const T* gactivated;
  T* gz;

  __device__ T at(Index, Index address) const { return gactivated[address] * gelu_derivative(z[address]); }
  __device__ void keep(Index address, T value) const { gz[address] = value; }
};

struct AddToSums {
  double* sums;

  __device__ void add(Index entry, double sum) const { sums[entry] += sum; }
};

}  // namespace

template <class T>
void block_forward(const Stream& stream, Index width, Index points, const T* weight, const T* v, const T* s, T* z,
                   T* activated) {
  cuda::launch_column_product<T>(stream, "block_forward", width, width, points, StoredMatrix<T, true>{weight, width},
                                 PlainRows<T>{{width, points}, v}, AddAndActivate<T>{{width, points}, s, z, activated});
}

template <class T>
void block_backward_activation(const Stream& stream, Index width, Index points, const T* z, const T* gactivated,
                               const T* v, T* gz, double* gweight) {
  const char* kernel = "block_backward_activation";
  const PlainRows<T> input{{width, points}, v};
  if (width <= cuda::kDotRows) {
    cuda::launch_dot_products<T>(stream, kernel, width, width, points,
                                 ActivationGradient<T>{{width, points}, z, gactivated, gz}, input, AddToSums{gweight});
    return;
  }
  // Several blocks read each number of gz: it has to be there before.
  gelu_backward<T>(stream, width * points, z, gactivated, gz);
  cuda::launch_dot_products<T>(stream, kernel, width, width, points, PlainRows<T>{{width, points}, gz}, input,
                               AddToSums{gweight});
}

template <class T>
void block_backward_input(const Stream& stream, Index width, Index points, const T* weight, const T* gz, const T* s,
                          T* gv) {
  cuda::launch_column_product<T>(stream, "block_backward_input", width, width, points,
                                 StoredMatrix<T, false>{weight, width}, PlainRows<T>{{width, points}, gz},
                                 AddTo<T>{{width, points}, s, gv});
}

#define TESSERA_INSTANTIATE(T)                                                                                        \
  template void block_forward<T>(const Stream&, Index, Index, const T*, const T*, const T*, T*, T*);                  \
  template void block_backward_activation<T>(const Stream&, Index, Index, const T*, const T*, const T*, T*, double*); \
  template void block_backward_input<T>(const Stream&, Index, Index, const T*, const T*, const T*, T*);

TESSERA_INSTANTIATE(float)
TESSERA_INSTANTIATE(double)

}  // namespace tessera::kernels
