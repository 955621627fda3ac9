/// \file
/// One instruction-set level: every loop of the table, compiled with this level's flags.

#include "kernels/cpu/simd/activated_gradient.hpp"
#include "kernels/cpu/simd/complex_sum.hpp"
#include "kernels/cpu/simd/dot_products.hpp"
#include "kernels/cpu/simd/elementwise.hpp"
#include "kernels/cpu/simd/gelu.hpp"
#include "kernels/cpu/simd/mirrored.hpp"
#include "kernels/cpu/simd/multiply.hpp"
#include "kernels/cpu/simd/stream_copy.hpp"

#define TESSERA_TEXT_OF(name) #name
#define TESSERA_TEXT(name) TESSERA_TEXT_OF(name)

namespace tessera::kernels::simd::TESSERA_SIMD_NAMESPACE {

namespace {
template <class T>
constexpr Functions<T> functions() {
  return {multiply<T>,
          multiply_mirrored_terms<T>,
          multiply_mirrored_rows<T>,
          dot_products<T>,
          sum_complex_products<T>,
          axpy<T>,
          scale<T>,
          affine<T>,
          multiply_elements<T>,
          scaled_difference<T>,
          activated_gradient<T>,
          dot<T>,
          squared_distance<T>,
          sum<T>,
          all_finite<T>,
          adam_real<T>,
          adam_complex<T>};
}
}  // namespace

constinit const Table kTable = {TESSERA_TEXT(TESSERA_SIMD_NAMESPACE),
                                functions<float>(),
                                functions<double>(),
                                gelu,
                                gelu_with_derivative,
                                gelu_backward,
                                stream_floats,
                                finish_streams};

}  // namespace tessera::kernels::simd::TESSERA_SIMD_NAMESPACE
