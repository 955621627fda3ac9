#include "tessera/testing/adjoint_test.hpp"

#include <cmath>
#include <complex>
#include <limits>

#include "tessera/comm/data_collectives.hpp"
#include "testing/tensors.hpp"

namespace tessera {
namespace {

using testing_support::world;

/// y = a x with whatever is claimed to be its adjoint.
template <class T>
class Scaling final : public LinearOperator<T> {
 public:
  Scaling(const TensorSpace& space, T forward, T adjoint)
      : LinearOperator<T>("Scaling", space, space), forward_(forward), adjoint_(adjoint) {}

 private:
  void do_forward(const DistTensor<T>& x, DistTensor<T>& y) const override { multiply(forward_, x, y); }
  void do_adjoint(const DistTensor<T>& y, DistTensor<T>& x) const override { multiply(adjoint_, y, x); }

  static void multiply(T factor, const DistTensor<T>& from, DistTensor<T>& to) {
    const HostInput<T> in(from.local());
    HostOutput<T> out(to.local());
    for (Index i = 0; i < in.size(); ++i) out.data()[i] = factor * in.data()[i];
    out.store();
  }

  T forward_, adjoint_;
};

TensorSpace copies() { return {{5}, {world(), RankGrid({world()->size()}, {RankGrid::kReplicate})}}; }
TensorSpace rows() { return {{5, 2}, {world(), Shape{world()->size()}}}; }

TEST(AdjointTest, PassesTheAdjoint) {
  EXPECT_TRUE(adjoint_test(Scaling<float>(rows(), 3, 3), 1).passes(kAdjointTolerance<float>));
  EXPECT_TRUE(adjoint_test(Scaling<double>(copies(), 3, 3), 1).passes(kAdjointTolerance<double>));
  using C = std::complex<double>;
  EXPECT_TRUE(adjoint_test(Scaling<C>(rows(), C(1, 2), C(1, -2)), 1).passes(kAdjointTolerance<C>));
}

TEST(AdjointTest, FailsWhatIsNot) {
  EXPECT_FALSE(adjoint_test(Scaling<double>(rows(), 3, 3.0001), 1).passes(1e-8));
  EXPECT_FALSE(adjoint_test(Scaling<double>(rows(), 3, -3), 1).passes(1e-8));
  // Without the conjugate.
  using C = std::complex<double>;
  EXPECT_FALSE(adjoint_test(Scaling<C>(rows(), C(1, 2), C(1, 2)), 1).passes(1e-8));
}

/// Sums copies forward but hands every copy its own value back: right only if all copies are equal.
class FirstCopyOnly final : public LinearOperator<double> {
 public:
  FirstCopyOnly() : LinearOperator("FirstCopyOnly", copies(), copies()) {}

 private:
  void do_forward(const DistTensor<double>& x, DistTensor<double>& y) const override {
    copy<double>(y.device(), x.local().view(), y.local().view());
    DataCollectives(*world()).broadcast(y.data(), y.local_size(), 0);
  }
  void do_adjoint(const DistTensor<double>& y, DistTensor<double>& x) const override { do_forward(y, x); }
};

TEST(AdjointTest, TellsCopiesApart) { EXPECT_EQ(adjoint_test(FirstCopyOnly(), 1).passes(1e-8), world()->size() == 1); }

TEST(AdjointTest, ReportsBothSidesAlikeOnEveryRank) {
  const AdjointReport report = adjoint_test(Scaling<double>(rows(), 2, 6), 11);
  EXPECT_NEAR(report.adjoint, 3 * report.forward, 1e-12 * std::abs(report.forward));
  EXPECT_GT(report.relative_error, 0.0);
  for (const double value : {report.forward, report.adjoint, report.relative_error}) {
    EXPECT_EQ(world()->all_max(value), world()->all_min(value));
  }
}

TEST(AdjointTest, PassesZeroAndFailsNaN) {
  const AdjointReport zero = adjoint_test(Scaling<double>(rows(), 0, 0), 1);
  EXPECT_EQ(zero.relative_error, 0.0);
  EXPECT_TRUE(zero.passes(0.0));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(adjoint_test(Scaling<double>(rows(), nan, nan), 1).passes(1.0));
  const TensorSpace empty{{0}, rows().partition};
  EXPECT_TRUE(adjoint_test(Scaling<double>(empty, 1, 2), 1).passes(0.0));
}

TEST(DenseMatrix, NumbersRealsByCopyIndexAndPart) {
  using C = std::complex<double>;
  const DenseMatrix matrix = dense_matrix_of(Scaling<C>(copies(), C(2, 3), C(2, -3)));
  ASSERT_EQ(matrix.rows, 10 * world()->size());
  ASSERT_EQ(matrix.columns, matrix.rows);
  for (Index i = 0; i < matrix.rows; ++i) {
    for (Index j = 0; j < matrix.columns; ++j) {
      const double expected = i == j ? 2.0 : (i / 2 != j / 2 ? 0.0 : (j % 2 == 0 ? 3.0 : -3.0));
      EXPECT_EQ(matrix(i, j), expected) << i << ", " << j;
    }
  }
  EXPECT_EQ(dense_matrix_of_adjoint(Scaling<C>(copies(), C(2, 3), C(2, -3))), transposed(matrix));
}

TEST(DenseMatrix, CountsCopies) {
  EXPECT_EQ(copies_of(copies()), world()->size());
  EXPECT_EQ(copy_index(copies()), world()->rank());
  EXPECT_EQ(copies_of(rows()), 1);
  EXPECT_EQ(copy_index(rows()), 0);
  const TensorSpace one{{5}, Partition(world(), Shape{1})};
  EXPECT_EQ(copy_index(one), world()->rank() == 0 ? 0 : -1);
}

TEST(DenseMatrix, ComparesEntries) {
  const DenseMatrix a{2, 3, {1, 2, 3, 4, 5, 6}};
  EXPECT_EQ(transposed(a), (DenseMatrix{3, 2, {1, 4, 2, 5, 3, 6}}));
  EXPECT_EQ(max_difference(a, a), 0.0);
  EXPECT_EQ(max_difference(a, DenseMatrix{2, 3, {1, 2, 3, 4, 9, 6}}), 4.0);
  EXPECT_THROW(max_difference(a, transposed(a)), ShapeError);
  const DenseMatrix nan{2, 3, {1, std::numeric_limits<double>::quiet_NaN(), 3, 4, 5, 6}};
  EXPECT_TRUE(std::isnan(max_difference(a, nan)));
}

}  // namespace
}  // namespace tessera
