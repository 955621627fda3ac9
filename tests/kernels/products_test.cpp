#include "kernels/products.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/kernels/levels.hpp"

namespace tessera::kernels {
namespace {

using test::Values;

/// Rounding of a sum of `terms` products of numbers in [-1, 1], with a wide margin.
template <class T>
double tolerance(Index terms) {
  return 4 * std::numeric_limits<T>::epsilon() * static_cast<double>(terms + 4);
}

struct Sizes {
  Index m, n, k;
};

const std::vector<Sizes> kSizes = {{1, 1, 1},      {0, 5, 3},     {4, 0, 3},     {3, 7, 0},     {2, 3, 5},
                                   {4, 8, 16},     {5, 16, 20},   {7, 31, 9},    {8, 48, 3},    {9, 33, 7},
                                   {13, 64, 11},   {20, 100, 20}, {3, 4, 300},   {17, 50, 257}, {128, 47, 20},
                                   {20, 1001, 20}, {6, 2, 600},   {130, 700, 5}, {300, 9, 16},  {33, 15, 129}};

class Products : public test::EveryLevel {};

template <class T>
void check_multiply(const Sizes& s, bool accumulate) {
  const Index lda = s.k + 3, ldb = s.n + 5, ldc = s.n + 1;
  Values values;
  const auto a = values.array<T>(s.m * lda), b = values.array<T>(s.k * ldb), before = values.array<T>(s.m * ldc + 1);
  auto c = before;
  multiply(s.m, s.n, s.k, a.data(), lda, b.data(), ldb, c.data(), ldc, accumulate);
  for (Index i = 0; i < s.m; ++i) {
    for (Index j = 0; j < s.n; ++j) {
      double expected = accumulate ? before[i * ldc + j] : 0.0;
      for (Index p = 0; p < s.k; ++p) expected += static_cast<double>(a[i * lda + p]) * b[p * ldb + j];
      ASSERT_NEAR(c[i * ldc + j], expected, tolerance<T>(s.k))
          << s.m << " " << s.n << " " << s.k << " at " << i << "," << j;
    }
    ASSERT_EQ(c[i * ldc + s.n], before[i * ldc + s.n]) << "wrote past a row";
  }
}

TEST_P(Products, MultiplyAgreesWithALoop) {
  for (const Sizes& sizes : kSizes) {
    for (bool accumulate : {false, true}) {
      check_multiply<float>(sizes, accumulate);
      check_multiply<double>(sizes, accumulate);
    }
  }
}

TEST_P(Products, MultiplyHandlesEveryWidth) {
  for (Index n = 1; n <= 120; ++n) {
    check_multiply<float>({20, n, 6}, n % 2 == 0);
    check_multiply<double>({11, n, 6}, n % 2 == 1);
  }
}

TEST_P(Products, MultiplyHandlesEveryHeight) {
  for (Index m = 1; m <= 40; ++m) check_multiply<float>({m, 59, 4}, m % 2 == 0);
}

template <class T>
void check_multiply_transposed(const Sizes& s) {
  const Index lda = s.k + 1, ldb = s.k + 2, ldc = s.n + 3;
  Values values;
  const auto a = values.array<T>(s.m * lda), b = values.array<T>(s.n * ldb), before = values.array<T>(s.m * ldc);
  auto c = before;
  multiply_transposed(s.m, s.n, s.k, a.data(), lda, b.data(), ldb, c.data(), ldc);
  for (Index i = 0; i < s.m; ++i) {
    for (Index j = 0; j < ldc; ++j) {
      double expected = before[i * ldc + j];
      for (Index p = 0; j < s.n && p < s.k; ++p) expected += static_cast<double>(a[i * lda + p]) * b[j * ldb + p];
      ASSERT_NEAR(c[i * ldc + j], expected, tolerance<T>(s.k))
          << s.m << " " << s.n << " " << s.k << " at " << i << "," << j;
    }
  }
}

/// The matrix of a real Fourier transform with made-up values: [pairs of rows][cells], mirrored along the cells.
template <class T>
std::vector<T> mirrored_matrix(Index pairs, Index cells) {
  Values values;
  auto a = values.array<T>(2 * pairs * cells);
  for (Index i = 0; i < pairs; ++i) {
    T *even = a.data() + 2 * i * cells, *odd = even + cells;
    odd[0] = 0;
    for (Index p = 1; p < cells; ++p) {
      even[cells - p] = even[p];
      odd[cells - p] = cells == 2 * p ? T{0} : -odd[p];
    }
  }
  return a;
}

/// `rows`: the product with the transposed matrix, from pairs of rows to cells.
template <class T>
void check_mirrored(bool rows, Index pairs, Index cells, Index n) {
  constexpr Index kBatch = 3;
  const Index m = rows ? cells : 2 * pairs, k = rows ? 2 * pairs : cells;
  const Index b_row = n + 2, c_row = n + 3, b_batch = k * b_row + 1, c_batch = m * c_row + 5;
  Values values;
  const auto a = mirrored_matrix<T>(pairs, cells);
  const auto b = values.array<T>(kBatch * b_batch);
  auto expected = values.array<T>(kBatch * c_batch + 1);
  auto c = expected;
  Product<T> product{m, n, k, a.data(), rows ? 1 : cells, rows ? cells : 1, b.data(), b_row, c.data(), c_row};
  product.batch = kBatch;
  product.b_batch = b_batch;
  product.c_batch = c_batch;
  rows ? multiply_mirrored_rows(product) : multiply_mirrored_terms(product);
  product.c = expected.data();
  multiply(product);
  for (std::size_t i = 0; i < c.size(); ++i) {
    ASSERT_NEAR(c[i], expected[i], tolerance<T>(k)) << rows << " " << pairs << " " << cells << " " << n << " at " << i;
  }
}

TEST_P(Products, MirroredMatricesGiveTheSameProducts) {
  for (const bool rows : {false, true}) {
    for (const Index pairs : {1, 2, 4, 5, 6, 11}) {
      for (const Index cells : {1, 2, 3, 4, 7, 16, 30}) {
        for (const Index n : {1, 2, 3, 4, 5, 8, 15, 16, 17, 32, 50}) {
          check_mirrored<float>(rows, pairs, cells, n);
          check_mirrored<double>(rows, pairs, cells, n);
        }
      }
    }
  }
}

TEST_P(Products, MultiplyTransposedAgreesWithALoop) {
  for (const Sizes& sizes : kSizes) {
    check_multiply_transposed<float>({sizes.m, sizes.k, sizes.n});
    check_multiply_transposed<double>({sizes.m, sizes.k, sizes.n});
  }
  for (Index k = 0; k < 40; ++k) check_multiply_transposed<float>({5, 6, k});
}

TEST_P(Products, LongDotProductsKeepTheirDigits) {
  const Index k = 3'000'000;
  std::vector<float> ones(static_cast<std::size_t>(k), 1.0f), tenths(static_cast<std::size_t>(k), 0.1f);
  float c = 0;
  multiply_transposed<float>(1, 1, k, ones.data(), k, tenths.data(), k, &c, 1);
  const double expected = static_cast<double>(k) * static_cast<double>(0.1f);
  EXPECT_NEAR(c, expected, 2e-6 * expected);
}

struct AxisCase {
  Index outer, output, input, inner;
};

const std::vector<AxisCase> kAxisCases = {
    {1, 20, 20, 512}, {2, 7, 5, 1000}, {3, 128, 20, 37}, {700, 8, 16, 1}, {1100, 3, 6, 1}, {20, 8, 16, 8},
    {200, 9, 16, 2},  {131, 5, 6, 3},  {33, 8, 4, 7},    {40, 3, 2, 31},  {5, 1, 1, 1},    {0, 4, 4, 4},
    {4, 0, 4, 4},     {4, 4, 4, 0},    {3, 4, 0, 5},     {300, 4, 0, 1},  {2, 3, 300, 1},  {9, 17, 11, 300}};

/// Runs one case against plain loops: forward with and without bias, adjoint, gradients.
template <class T>
void check_axis(const AxisCase& s) {
  SCOPED_TRACE(testing::Message() << s.outer << " " << s.output << " " << s.input << " " << s.inner);
  Values values;
  const auto w = values.array<T>(s.output * s.input), bias = values.array<T>(s.output);
  const auto x = values.array<T>(s.outer * s.input * s.inner), gy = values.array<T>(s.outer * s.output * s.inner);
  const auto gw_before = values.array<T>(s.output * s.input), gb_before = values.array<T>(s.output);
  std::vector<double> y(gy.size(), 0.0), gx(x.size(), 0.0), gw(gw_before.begin(), gw_before.end()),
      gb(gb_before.begin(), gb_before.end());
  for (Index a = 0; a < s.outer; ++a) {
    for (Index o = 0; o < s.output; ++o) {
      for (Index c = 0; c < s.inner; ++c) {
        const Index at_y = (a * s.output + o) * s.inner + c;
        gb[o] += gy[at_y];
        for (Index i = 0; i < s.input; ++i) {
          const Index at_x = (a * s.input + i) * s.inner + c;
          const double weight = w[o * s.input + i];
          y[at_y] += weight * x[at_x];
          gx[at_x] += weight * gy[at_y];
          gw[o * s.input + i] += static_cast<double>(gy[at_y]) * x[at_x];
        }
      }
    }
  }
  std::vector<T> got_y(y.size(), T(7)), got_gx(gx.size(), T(7)), got_gw = gw_before, got_gb = gb_before;
  apply_along_axis<T>(s.outer, s.output, s.input, s.inner, w.data(), nullptr, x.data(), got_y.data());
  for (std::size_t i = 0; i < y.size(); ++i) ASSERT_NEAR(got_y[i], y[i], tolerance<T>(s.input)) << "y " << i;
  apply_along_axis(s.outer, s.output, s.input, s.inner, w.data(), bias.data(), x.data(), got_y.data());
  for (std::size_t i = 0; i < y.size(); ++i) {
    const Index o = static_cast<Index>(i) / s.inner % s.output;
    ASSERT_NEAR(got_y[i], y[i] + bias[o], tolerance<T>(s.input)) << "y with bias " << i;
  }
  apply_transposed_along_axis(s.outer, s.output, s.input, s.inner, w.data(), gy.data(), got_gx.data());
  for (std::size_t i = 0; i < gx.size(); ++i) ASSERT_NEAR(got_gx[i], gx[i], tolerance<T>(s.output)) << "gx " << i;
  accumulate_axis_gradient(s.outer, s.output, s.input, s.inner, x.data(), gy.data(), got_gw.data(), got_gb.data());
  const double bound = tolerance<T>(s.outer * s.inner);
  for (std::size_t i = 0; i < gw.size(); ++i) ASSERT_NEAR(got_gw[i], gw[i], bound) << "gw " << i;
  for (std::size_t i = 0; i < gb.size(); ++i) ASSERT_NEAR(got_gb[i], gb[i], bound) << "gb " << i;
  accumulate_axis_gradient<T>(s.outer, s.output, s.input, s.inner, x.data(), gy.data(), got_gw.data(), nullptr);
  for (std::size_t i = 0; i < gw.size(); ++i) ASSERT_NEAR(got_gw[i], 2 * gw[i] - gw_before[i], 2 * bound) << "gw " << i;
}

TEST_P(Products, AxisProductsAgreeWithLoops) {
  for (const AxisCase& sizes : kAxisCases) {
    check_axis<float>(sizes);
    check_axis<double>(sizes);
  }
}

INSTANTIATE_TEST_SUITE_P(Levels, Products, testing::ValuesIn(simd_levels()), test::level_name);

}  // namespace
}  // namespace tessera::kernels
