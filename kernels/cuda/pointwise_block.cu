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

template <class T, class Input, bool Activate>
struct InputRows {
  AxisRows<1> axis;
  const Input* values;

  __device__ T at(Index, Index address) const {
    const auto value = static_cast<T>(values[address]);
    return Activate ? gelu_value(value) : value;
  }
  __device__ void keep(Index, T) const {}
};

/// use(rows of v).
template <class T, class Input, class Use>
void with_input_rows(const BlockInput<Input>& v, Index width, Index points, Use use) {
  if (v.activate) {
    use(InputRows<T, Input, true>{{width, points}, v.values});
  } else {
    use(InputRows<T, Input, false>{{width, points}, v.values});
  }
}

template <class T, class Stored>
struct AddAndActivate {
  static constexpr int kParts = 1;
  AxisRows<1> axis;
  const T* s;
  Stored* z;
  T* activated;

  __device__ T initial(Index, Index address) const { return s[address]; }
  __device__ void store(Index address, T value) const {
    if (z != nullptr) z[address] = static_cast<Stored>(value);
    if (activated != nullptr) activated[address] = gelu_value(value);
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

template <class T, class Stored>
struct AddAndMultiplyBySlope {
  static constexpr int kParts = 1;
  AxisRows<1> axis;
  const T* s;
  const Stored* z;
  T* gz;

  __device__ T initial(Index, Index address) const { return s[address]; }
  __device__ void store(Index address, T value) const {
    gz[address] = value * gelu_derivative(static_cast<T>(z[address]));
  }
};

struct AddToSums {
  double* sums;

  __device__ void add(Index entry, double sum) const { sums[entry] += sum; }
};

}  // namespace

// One block of threads then reads all of the columns that it writes, before it does.
static_assert(kMostInPlaceWidth <= cuda::kTileRows<256>);

template <class T, class Input, class Stored>
void block_forward(const Stream& stream, Index width, Index points, const T* weight, const BlockInput<Input>& v,
                   const T* s, Stored* z, T* activated, Products products) {
  with_input_rows<T>(v, width, points, [&](const auto& input) {
    cuda::launch_column_product<T>(stream, "block_forward", width, width, points, StoredMatrix<T, true>{weight, width},
                                   input, AddAndActivate<T, Stored>{{width, points}, s, z, activated}, products);
  });
}

template <class T, class Input>
void block_weight_gradient(const Stream& stream, Index width, Index points, const T* gz, const BlockInput<Input>& v,
                           double* gweight) {
  with_input_rows<T>(v, width, points, [&](const auto& input) {
    cuda::launch_dot_products<T>(stream, "block_weight_gradient", width, width, points,
                                 PlainRows<T>{{width, points}, gz}, input, AddToSums{gweight});
  });
}

template <class T>
void block_backward_input(const Stream& stream, Index width, Index points, const T* weight, const T* gz, const T* s,
                          T* gv, Products products) {
  cuda::launch_column_product<T>(stream, "block_backward_input", width, width, points,
                                 StoredMatrix<T, false>{weight, width}, PlainRows<T>{{width, points}, gz},
                                 AddTo<T>{{width, points}, s, gv}, products);
}

template <class T, class Stored>
void block_backward_input(const Stream& stream, Index width, Index points, const T* weight, const T* gz, const T* s,
                          const Stored* z, T* gz_before, Products products) {
  cuda::launch_column_product<T>(stream, "block_backward_input", width, width, points,
                                 StoredMatrix<T, false>{weight, width}, PlainRows<T>{{width, points}, gz},
                                 AddAndMultiplyBySlope<T, Stored>{{width, points}, s, z, gz_before}, products);
}

#define TESSERA_INSTANTIATE(T, Input, Stored)                                                                    \
  template void block_forward<T, Input, Stored>(const Stream&, Index, Index, const T*, const BlockInput<Input>&, \
                                                const T*, Stored*, T*, Products);

#define TESSERA_INSTANTIATE_GRADIENT(T, Input)                                                                   \
  template void block_weight_gradient<T, Input>(const Stream&, Index, Index, const T*, const BlockInput<Input>&, \
                                                double*);

TESSERA_INSTANTIATE_GRADIENT(float, float)
TESSERA_INSTANTIATE_GRADIENT(float, BFloat16)
TESSERA_INSTANTIATE_GRADIENT(double, double)

TESSERA_INSTANTIATE(float, float, float)
TESSERA_INSTANTIATE(float, float, BFloat16)
TESSERA_INSTANTIATE(float, BFloat16, BFloat16)
TESSERA_INSTANTIATE(double, double, double)

#define TESSERA_INSTANTIATE_INPUT(T, Stored)                                                               \
  template void block_backward_input<T, Stored>(const Stream&, Index, Index, const T*, const T*, const T*, \
                                                const Stored*, T*, Products);

TESSERA_INSTANTIATE_INPUT(float, float)
TESSERA_INSTANTIATE_INPUT(float, BFloat16)
TESSERA_INSTANTIATE_INPUT(double, double)

template void block_backward_input<float>(const Stream&, Index, Index, const float*, const float*, const float*, float*,
                                          Products);
template void block_backward_input<double>(const Stream&, Index, Index, const double*, const double*, const double*,
                                           double*, Products);

}  // namespace tessera::kernels
