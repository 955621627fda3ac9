/// \file
/// Matrices applied along one axis of a contiguous tensor, as products of the forms the loops are good at:
/// long inner axis: one product per outer position; no inner axis: one product with the transposed matrix; short inner
/// axis: several outer positions gathered side by side.

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <vector>

#include "kernels/cpu/simd/active.hpp"
#include "kernels/products.hpp"
#include "tessera/core/buffer.hpp"

namespace tessera::kernels {

namespace {

/// Columns of a gathered product, about; not a power of two, which would make rows share cache sets.
constexpr Index kGatheredColumns = 384;

/// Inner elements that do not even fill the shortest register.
template <class T>
constexpr Index kShortInner = 16 / sizeof(T);

/// Input of a batch of products, small enough to stay in the first-level cache beside the matrix.
constexpr Index kBatchBytes = 16 * 1024;

/// A dot product this short costs less than adding up its lanes.
constexpr Index kShortDot = 192;

/// Outer positions summed in T before they are added to double.
constexpr Index kOuterFlush = 512;

/// [output, input] with strides, so that the adjoint is the same matrix with its sides exchanged.
template <class T>
struct Matrix {
  Index output, input;
  const T* values;
  Index output_stride, input_stride;
};

/// visit(offset in [row, a, c], offset in [a, row, c]) for all rows and outer positions.
template <class Visit>
void for_each_run(Index outer, Index rows, Index inner, Visit visit) {
  for (Index a = 0; a < outer; ++a) {
    for (Index row = 0; row < rows; ++row) visit((row * outer + a) * inner, (a * rows + row) * inner);
  }
}

/// side_by_side[row, a, c] = stacked[a, row, c]
template <class T>
void gather(Index outer, Index rows, Index inner, const T* stacked, T* side_by_side) {
  // A length known to the compiler makes each copy one or two instructions.
  const auto copy = [&](auto length) {
    for_each_run(outer, rows, length, [&](Index to, Index from) {
      std::memcpy(side_by_side + to, stacked + from, static_cast<std::size_t>(length) * sizeof(T));
    });
  };
  if (inner == 2) return copy(std::integral_constant<Index, 2>{});
  if (inner == 3) return copy(std::integral_constant<Index, 3>{});
  copy(inner);
}

/// stacked[a, row, c] = side_by_side[row, a, c]
template <class T>
void scatter(Index outer, Index rows, Index inner, const T* side_by_side, T* stacked) {
  const auto copy = [&](auto length) {
    for_each_run(outer, rows, length, [&](Index from, Index to) {
      std::memcpy(stacked + to, side_by_side + from, static_cast<std::size_t>(length) * sizeof(T));
    });
  };
  if (inner == 2) return copy(std::integral_constant<Index, 2>{});
  if (inner == 3) return copy(std::integral_constant<Index, 3>{});
  copy(inner);
}

template <class T>
void apply_rowwise(Index outer, const Matrix<T>& w, const T* bias, const T* x, T* y) {
  Buffer<T> transposed;
  const T* b = w.values;
  Index b_row = w.input_stride;
  if (w.output_stride != 1) {
    transposed.require(w.input * w.output);
    b = transposed.data();
    b_row = w.output;
    for (Index i = 0; i < w.input; ++i) {
      for (Index o = 0; o < w.output; ++o) {
        transposed.data()[i * w.output + o] = w.values[o * w.output_stride + i * w.input_stride];
      }
    }
  }
  for (Index a = 0; a < outer; a += kOuterFlush) {
    const Index rows = std::min(kOuterFlush, outer - a);
    simd::loops<T>().multiply(
        {rows, w.output, w.input, x + a * w.input, w.input, 1, b, b_row, y + a * w.output, w.output, bias, 0, 1});
  }
}

template <class T>
void apply_gathered(Index outer, Index inner, const Matrix<T>& w, const T* bias, const T* x, T* y) {
  const Index group = std::min(outer, std::max<Index>(1, kGatheredColumns / inner));
  Buffer<T> input(w.input * group * inner), output(w.output * group * inner);
  for (Index a = 0; a < outer; a += group) {
    const Index count = std::min(group, outer - a);
    const Index columns = count * inner;
    gather(count, w.input, inner, x + a * w.input * inner, input.data());
    simd::loops<T>().multiply({w.output, columns, w.input, w.values, w.output_stride, w.input_stride, input.data(),
                               columns, output.data(), columns, bias, 1, 0});
    scatter(count, w.output, inner, output.data(), y + a * w.output * inner);
  }
}

template <class T>
void apply(Index outer, Index inner, const Matrix<T>& w, const T* bias, const T* x, T* y) {
  if (outer <= 0 || inner <= 0 || w.output <= 0) return;
  if (inner == 1) return apply_rowwise(outer, w, bias, x, y);
  if (inner < kShortInner<T>) return apply_gathered(outer, inner, w, bias, x, y);
  const Index row_bytes = w.input * inner * static_cast<Index>(sizeof(T));
  const Index group = std::max<Index>(1, kBatchBytes / std::max<Index>(1, row_bytes));
  for (Index a = 0; a < outer; a += group) {
    Product<T> product = {w.output,
                          inner,
                          w.input,
                          w.values,
                          w.output_stride,
                          w.input_stride,
                          x + a * w.input * inner,
                          inner,
                          y + a * w.output * inner,
                          inner,
                          bias,
                          1,
                          0};
    product.far = true;
    product.batch = std::min(group, outer - a);
    product.b_batch = w.input * inner;
    product.c_batch = w.output * inner;
    simd::loops<T>().multiply(product);
  }
}

/// Where the gradients of the matrix [output, input] and of the bias [output] (null: not wanted) are added up.
struct Sums {
  double* weight;
  double* bias;
};

/// weight[o, i] += sum_a gy[a, o] x[a, i],   bias[o] += sum_a gy[a, o]
template <class T>
void add_outer_products(Index outer, Index output, Index input, const T* x, const T* gy, const Sums& sums) {
  const auto multiply = simd::loops<T>().multiply;
  const T one = 1;
  Buffer<T> part(output * std::max<Index>(1, input));
  for (Index a = 0; a < outer; a += kOuterFlush) {
    const Index terms = std::min(kOuterFlush, outer - a);
    const T* left = gy + a * output;
    multiply({output, input, terms, left, 1, output, x + a * input, input, part.data(), input});
    for (Index i = 0; i < output * input; ++i) sums.weight[i] += static_cast<double>(part.data()[i]);
    if (!sums.bias) continue;
    multiply({1, output, terms, &one, 0, 0, left, output, part.data(), output});
    for (Index o = 0; o < output; ++o) sums.bias[o] += static_cast<double>(part.data()[o]);
  }
}

/// weight[o, i] += sum_c gy[o, c] x[i, c],   bias[o] += sum_c gy[o, c]
template <class T>
void add_dot_products(Index output, Index input, Index inner, const T* x, const T* gy, const Sums& sums) {
  simd::loops<T>().dot_products(output, input, inner, gy, inner, x, inner, sums.weight);
  for (Index o = 0; sums.bias && o < output; ++o) sums.bias[o] += simd::loops<T>().sum(inner, gy + o * inner);
}

/// The same over several outer positions with a short inner axis, gathered into long rows.
template <class T>
void add_gathered(Index outer, Index output, Index input, Index inner, const T* x, const T* gy, const Sums& sums) {
  const Index group = std::min(outer, std::max<Index>(1, kGatheredColumns / inner));
  Buffer<T> x_rows(input * group * inner), gy_rows(output * group * inner);
  for (Index a = 0; a < outer; a += group) {
    const Index count = std::min(group, outer - a);
    gather(count, input, inner, x + a * input * inner, x_rows.data());
    gather(count, output, inner, gy + a * output * inner, gy_rows.data());
    add_dot_products(output, input, count * inner, x_rows.data(), gy_rows.data(), sums);
  }
}

template <class T>
void add_to(const std::vector<double>& sums, T* target) {
  for (std::size_t i = 0; i < sums.size(); ++i) target[i] = static_cast<T>(static_cast<double>(target[i]) + sums[i]);
}

}  // namespace

template <class T>
void apply_along_axis(Index outer, Index output, Index input, Index inner, const T* weight, const T* bias, const T* x,
                      T* y) {
  apply<T>(outer, inner, {output, input, weight, input, 1}, bias, x, y);
}

template <class T>
void apply_transposed_along_axis(Index outer, Index output, Index input, Index inner, const T* weight, const T* gy,
                                 T* gx) {
  apply<T>(outer, inner, {input, output, weight, 1, input}, nullptr, gy, gx);
}

template <class T>
void accumulate_axis_gradient(Index outer, Index output, Index input, Index inner, const T* x, const T* gy, T* gweight,
                              T* gbias) {
  if (outer <= 0 || inner <= 0 || output <= 0) return;
  std::vector<double> weight_sums(static_cast<std::size_t>(output * input));
  std::vector<double> bias_sums(static_cast<std::size_t>(gbias ? output : 0));
  const Sums sums{weight_sums.data(), gbias ? bias_sums.data() : nullptr};
  if (inner == 1) {
    add_outer_products(outer, output, input, x, gy, sums);
  } else if (inner < kShortDot && outer > 1) {
    add_gathered(outer, output, input, inner, x, gy, sums);
  } else {
    for (Index a = 0; a < outer; ++a) {
      add_dot_products(output, input, inner, x + a * input * inner, gy + a * output * inner, sums);
    }
  }
  add_to(weight_sums, gweight);
  add_to(bias_sums, gbias);
}

#define TESSERA_INSTANTIATE(T)                                                                      \
  template void apply_along_axis<T>(Index, Index, Index, Index, const T*, const T*, const T*, T*);  \
  template void apply_transposed_along_axis<T>(Index, Index, Index, Index, const T*, const T*, T*); \
  template void accumulate_axis_gradient<T>(Index, Index, Index, Index, const T*, const T*, T*, T*);

TESSERA_INSTANTIATE(float)
TESSERA_INSTANTIATE(double)

}  // namespace tessera::kernels
